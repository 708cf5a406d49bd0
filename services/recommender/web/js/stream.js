/** The WebSocket that takes frames and gives predictions; one frame is under way at a time. */

import { problemFrom } from "./api.js";

/** The stream is given up after this many failed frames in a row. */
const PATIENCE = 5;
/** Close code "try again later": the server takes no more streams. */
const BUSY = 1013;

/**
 * Opens `WS /stream`. A stream that worked and then ended is opened again: servers close them after a while.
 * @param {{onPrediction: (prediction: object) => void, onProblem: (error: Error) => void}} listeners
 *   after `onProblem` neither is called again
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
