/** Makes pictures smaller before they are sent. */

/** Longest side of a photo in pixels: small faces stay readable, an upload takes a few hundred kilobytes. */
const MAX_SIDE = 1600;
/** A picture with few pixels but more bytes than this is encoded again as well. */
const MAX_BYTES = 2 * 1024 * 1024;
const QUALITY = 0.9;

const canvas = document.createElement("canvas");

/**
 * Makes a photo ready to be sent.
 * @param {Blob} file
 * @returns {Promise<{blob: Blob, shown: boolean, scaled?: {width: number, height: number}}>} `shown` is whether this
 *   browser can display it; what it cannot display is sent unchanged, since the server may know the format
 */
export async function prepare(file) {
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    return { blob: file, shown: false };
  }
  try {
    const { width, height } = picture;
    if (Math.max(width, height) <= MAX_SIDE && file.size <= MAX_BYTES) return { blob: file, shown: true };
    const { blob, ...scaled } = await toJpeg(picture, width, height, MAX_SIDE, QUALITY);
    return { blob, shown: true, scaled };
  } finally {
    picture.close();
  }
}

/** A photo that this browser shows, as a JPEG that every server reads. */
export async function redraw(file) {
  const picture = await createImageBitmap(file);
  const { blob } = await toJpeg(picture, picture.width, picture.height, MAX_SIDE, QUALITY);
  picture.close();
  return blob;
}

/**
 * Encodes a picture as JPEG, its long side at most `side` pixels, on white where it is transparent.
 * @returns {Promise<{blob: Blob, width: number, height: number}>}
 */
export function toJpeg(picture, fullWidth, fullHeight, side, quality) {
  const factor = Math.min(1, side / Math.max(fullWidth, fullHeight));
  const width = Math.max(1, Math.round(fullWidth * factor));
  const height = Math.max(1, Math.round(fullHeight * factor));
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d", { alpha: false });
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.drawImage(picture, 0, 0, width, height);
  return new Promise((resolve, reject) => {
    const done = (blob) => (blob ? resolve({ blob, width, height }) : reject(new Error("no JPEG encoder")));
    canvas.toBlob(done, "image/jpeg", quality);
  });
}
