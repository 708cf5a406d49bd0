// Sends a photo and prints its faces and three songs for its mood.
//
// node examples/client.mjs photo.jpg [http://127.0.0.1:8000]
import { readFile } from "node:fs/promises";

const [photo, address = "http://127.0.0.1:8000"] = process.argv.slice(2);
const form = new FormData();
form.append("file", new Blob([await readFile(photo)]));
const query = new URLSearchParams({ medium: "song", limit: "3" });
const answer = await fetch(`${address}/recommend/photo?${query}`, { method: "POST", body: form });
const body = await answer.json();
if (!answer.ok) {
  console.error(`${body.status} ${body.code}: ${body.detail}`);
  process.exit(1);
}
for (const face of body.prediction.faces) {
  const percent = Math.round(100 * face.confidence);
  console.log(`${face.emotion} ${percent}% at ${JSON.stringify(face.box)}`);
}
for (const item of body.recommendation?.items ?? []) {
  console.log(`${item.title} (${item.creator}): ${item.reason}`);
}
