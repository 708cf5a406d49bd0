/** The WebSocket that takes frames and gives predictions; one frame is under way at a time. */

import { accessProtocols } from "./access.js";
import { problemFrom } from "./api.js";

/** The stream is given up after this many failed frames in a row. */
const PATIENCE = 5;
/** How often it is opened anew without an answer in between, and the pause before each time. */
const MOST_TRIES = 3;
const PAUSE_MS = 800;

/** Close codes: the server ended a stream that was idle or long; it stops; a frame is too large; it takes no more. */
const [NORMAL, GOING_AWAY, TOO_LARGE, TRY_LATER] = [1000, 1001, 1009, 1013];

/**
 * Opens `WS /stream`. A stream that the server ended in good order, or that broke after it worked, is opened again.
 * @param {{onPrediction: (prediction: object) => void, onProblem: (error: Error) => void}} listeners
 *   after `onProblem` neither is called again
 * @returns {{ready: () => boolean, send: (frame: Blob) => void, close: () => void}}
 */
export function openStream({ onPrediction, onProblem }) {
  let socket;
  let waiting;
  let failed = 0;
  let worked = false;
  let tries = 0;
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
      [failed, worked, tries] = [0, true, 0];
      onPrediction(prediction);
    } else if (++failed >= PATIENCE) end(problemFrom(error.status, error));
  };
  const lost = ({ code, reason }) => {
    if (closed) return;
    const again = code === NORMAL || code === GOING_AWAY || worked;
    if (code === TRY_LATER) end(problemFrom(503, { code: reason === "inference_unavailable" ? reason : "busy" }));
    else if (code === TOO_LARGE) end(problemFrom(413, { code: "too_large" }));
    else if (again && tries < MOST_TRIES) setTimeout(open, PAUSE_MS * tries++);
    else end(problemFrom(0, { code: "stream" }));
  };
  const open = () => {
    if (closed) return;
    waiting = false;
    socket = new WebSocket(address(), accessProtocols());
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
