/** One WebSocket of frames out and predictions in, strictly one frame under way at a time. */

import { problemFrom } from "./api.js";

const CLOSED = "closed";

/**
 * Opens `WS /stream`.
 * @param {{onPrediction: (prediction: object) => void, onProblem: (error: Error) => void}} listeners
 *   a problem ends the stream; no more calls follow it
 * @returns {{ready: () => boolean, send: (frame: Blob) => void, close: () => void}}
 */
export function openStream({ onPrediction, onProblem }) {
  const address = new URL("stream", document.baseURI);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(address);
  let waiting = false;
  let ended = false;
  const end = (error) => {
    if (ended) return;
    ended = true;
    socket.close();
    if (error !== CLOSED) onProblem(error);
  };
  socket.onmessage = ({ data }) => {
    waiting = false;
    if (ended) return;
    const answer = JSON.parse(data);
    if (answer.faces) onPrediction(answer);
    else end(problemFrom(answer.status ?? 502, answer, answer.retry_after));
  };
  socket.onclose = () => end(problemFrom(0, { code: "stream" }));
  return {
    ready: () => socket.readyState === WebSocket.OPEN && !waiting,
    send: (frame) => {
      waiting = true;
      socket.send(frame);
    },
    close: () => end(CLOSED),
  };
}
