/** One WebSocket of frames out and predictions in, strictly one frame under way at a time. */

import { problemFrom } from "./api.js";

/** So many frames in a row may fail before the stream is given up. */
const PATIENCE = 5;
/** Close code "try again later": the server has as many streams as it takes. */
const BUSY = 1013;

/**
 * Opens `WS /stream`. A stream that ended after it had worked is opened anew: servers close them after a while.
 * @param {{onPrediction: (prediction: object) => void, onProblem: (error: Error) => void}} listeners
 *   `onProblem` is the last call
 * @returns {{ready: () => boolean, send: (frame: Blob) => void, close: () => void}}
 */
export function openStream({ onPrediction, onProblem }) {
  let socket;
  let waiting;
  let failed;
  let worked;
  let closed = false;

  const end = (error) => {
    if (closed) return;
    closed = true;
    socket.close();
    onProblem(error);
  };
  const answer = ({ data }) => {
    waiting = false;
    if (closed) return;
    const { error, ...prediction } = JSON.parse(data);
    if (!error) {
      failed = 0;
      worked = true;
      onPrediction(prediction);
    } else if (++failed >= PATIENCE) end(problemFrom(error.status, error));
  };
  const lost = ({ code }) => {
    if (closed) return;
    if (worked) open();
    else end(problemFrom(code === BUSY ? 429 : 0, { code: "stream" }));
  };
  const open = () => {
    [waiting, failed, worked] = [false, 0, false];
    socket = new WebSocket(address());
    socket.onmessage = answer;
    socket.onclose = lost;
  };

  open();
  return {
    ready: () => socket.readyState === WebSocket.OPEN && !waiting,
    send: (frame) => {
      waiting = true;
      socket.send(frame);
    },
    close: () => {
      closed = true;
      socket.close();
    },
  };
}

function address() {
  const url = new URL("stream", document.baseURI);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url;
}
