/** Scales a large photo down before it is sent. */

/** Faces are found on 640 pixels; this leaves room for small ones and keeps uploads at a few hundred kB. */
export const MAX_SIDE = 1600;
/** A picture that is small in pixels but heavy in bytes is encoded again as well. */
const MAX_BYTES = 2 * 1024 * 1024;
const QUALITY = 0.9;

/**
 * The photo as it will be sent.
 * @param {Blob} file
 * @returns {Promise<{blob: Blob, shown: boolean, scaled: {width: number, height: number}|null}>} `shown` is whether
 *   this browser can display it; what it cannot display goes to the server unchanged, which may know better
 */
export async function prepare(file) {
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    return { blob: file, shown: false, scaled: null };
  }
  try {
    const factor = Math.min(1, MAX_SIDE / Math.max(picture.width, picture.height));
    if (factor === 1 && file.size <= MAX_BYTES) return { blob: file, shown: true, scaled: null };
    const width = Math.max(1, Math.round(picture.width * factor));
    const height = Math.max(1, Math.round(picture.height * factor));
    return { blob: await draw(picture, width, height), shown: true, scaled: { width, height } };
  } finally {
    picture.close();
  }
}

/** The picture as a JPEG of this size, on white where it is transparent. */
async function draw(picture, width, height) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d", { alpha: false });
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.drawImage(picture, 0, 0, width, height);
  return toJpeg(canvas, QUALITY);
}

/** A canvas as a JPEG file. */
export function toJpeg(canvas, quality) {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no JPEG encoder"))), "image/jpeg", quality);
  });
}
