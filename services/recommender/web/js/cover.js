/**
 * Draws a cover for an item: the medium gives the motif, the title its shapes, the mood its colours. Where the server
 * allows it and the person switched them on, the real cover stands before it.
 */

import { byId, el, setVars, svg } from "./dom.js";
import { subscribe } from "./state.js";
import { read, write } from "./store.js";

const [WIDTH, HEIGHT] = [160, 120];
/** From the first colour of a cover to the second, in degrees of hue. */
const TURNS = [-75, -45, -25, 40, 65];

/** The hosts whose pictures the server allows; none where its operator switched covers off. */
const hosts = document.querySelector('meta[name="cover-hosts"]')?.content.split(" ") ?? [];

const coversOn = () => read("covers") === true;

/** The switch for covers, which stands above the shelves. */
export const coversSwitch = () => byId("covers");

/** Offers the switch if the server allows covers; `onChange` is called when it was pressed. */
export function setUpCovers(onChange) {
  subscribe(["mood"], ({ mood }) => {
    coversSwitch().hidden = !(hosts.length && mood);
  });
  byId("covers-on").checked = coversOn();
  byId("covers-on").addEventListener("change", ({ target }) => {
    write("covers", target.checked || null);
    onChange();
  });
}

/** The cover of an item, for decoration only. */
export function cover(item) {
  const box = el("div", { class: "cover", "aria-hidden": "true" }, drawing(item));
  if (coversOn() && isAllowed(item.image_url)) {
    const photo = el("img", { src: item.image_url, alt: "", loading: "lazy", referrerpolicy: "no-referrer" });
    photo.addEventListener("load", () => box.classList.add("with-photo"));
    photo.addEventListener("error", () => photo.remove());
    box.append(photo);
  }
  return box;
}

function isAllowed(address) {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  const fits = (host) => (host.startsWith("*.") ? hostname.endsWith(host.slice(1)) : hostname === host);
  return protocol === "https:" && hosts.some(fits);
}

function drawing(item) {
  const random = randomOf(`${item.title}|${item.creator}`);
  const lift = (item.arousal + 1) / 2;
  const motifs = MOTIFS[item.medium];
  const shapes = motifs[Math.floor(random() * motifs.length)](random, lift);
  const picture = svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "xMidYMid slice" },
    svg("path", { class: "tint-0", d: `M0 0H${WIDTH}V${HEIGHT}H0Z` }),
    ...shapes.map(([tint, d]) => svg("path", { class: `tint-${tint}`, d })),
  );
  // From blue-violet for unpleasant to amber for pleasant; the title turns it a little.
  const hue = 265 - ((item.valence + 1) / 2) * 210 + (random() - 0.5) * 50;
  setVars(picture, { hue: hue.toFixed(0), turn: TURNS[Math.floor(random() * TURNS.length)], lift: lift.toFixed(2) });
  return picture;
}

/** Numbers from 0 to 1 that depend on nothing but the text (FNV-1a, then mulberry32). */
function randomOf(text) {
  let seed = 0x811c9dc5;
  for (const letter of text) seed = Math.imul(seed ^ letter.codePointAt(0), 0x01000193);
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const range = (count) => Array.from({ length: count }, (_, index) => index);
const n = (value) => value.toFixed(1);
const circle = (x, y, r) =>
  `M${n(x - r)} ${n(y)}a${n(r)} ${n(r)} 0 1 0 ${n(2 * r)} 0a${n(r)} ${n(r)} 0 1 0 ${n(-2 * r)} 0Z`;
const box = (x, y, width, height) => `M${n(x)} ${n(y)}h${n(width)}v${n(height)}h${n(-width)}Z`;

/** Each motif gives [tint, path] pairs; tints go from 0 (the ground) to 4 (the brightest). */
const MOTIFS = {
  movie: [hills, beams],
  song: [rings, bars],
  book: [tiles, spines],
  game: [creature, steps],
};

/** Hills under a sun or moon; the livelier, the steeper. */
function hills(random, lift) {
  const sun = [4, circle(30 + random() * 100, 24 + random() * 34, 9 + random() * 13)];
  const layers = range(3).map((layer) => {
    const base = 62 + layer * 18;
    const points = range(9).map((i) => [i * 20, base - (random() - 0.3) * (14 + lift * 34)]);
    const line = lift > 0.55 ? points.map(([x, y]) => `L${x} ${n(y)}`).join("") : smooth(points);
    return [layer + 1, `M0 ${HEIGHT}${line}V${HEIGHT}Z`];
  });
  return [sun, ...layers];
}

/** A curve along the points: each bends it, and it passes midway between two. */
function smooth(points) {
  const bends = points.slice(1, -1).map(([x, y], i) => {
    const [nextX, nextY] = points[i + 2];
    return `Q${x} ${n(y)} ${(x + nextX) / 2} ${n((y + nextY) / 2)}`;
  });
  return `L0 ${n(points[0][1])}${bends.join("")}L${WIDTH} ${n(points.at(-1)[1])}`;
}

/** Beams of light from one point, as from a projector. */
function beams(random, lift) {
  const [x, y] = [random() < 0.5 ? 12 : WIDTH - 12, 20 + random() * 80];
  const far = x < 80 ? 200 : -40;
  const count = 3 + Math.round(lift * 3);
  const fan = range(count).map((i) => {
    const top = -60 + ((i + random() * 0.5) * 240) / count;
    return [1 + (i % 3), `M${x} ${n(y)}L${far} ${n(top)}V${n(top + 18 + random() * 22)}Z`];
  });
  return [...fan, [4, circle(x, y, 7)], [2, circle(80 + (x < 80 ? 34 : -34), 60, 12 + random() * 14)]];
}

/** Rings around one point, as the grooves of a record. */
function rings(random, lift) {
  const [x, y] = [random() * WIDTH, 30 + random() * 80];
  const step = 18 - lift * 7;
  const all = range(9).map((i) => [[1, 0, 2, 0, 3, 0][i % 6], circle(x, y, (9 - i) * step)]);
  return [...all, [4, circle(x, y, step * 0.7)], [0, circle(x, y, 3)]];
}

/** Bars of a level meter. */
function bars(random, lift) {
  const count = 9 + Math.round(random() * 5);
  const wide = WIDTH / count;
  const phase = random() * 6;
  return range(count).map((i) => {
    const wave = 0.5 + 0.5 * Math.sin(phase + i * (0.5 + lift * 0.9));
    const high = 14 + wave * (34 + lift * 40) + random() * 16;
    return [1 + ((i * 7) % 4), box(i * wide + wide * 0.18, 60 - high / 2, wide * 0.64, high)];
  });
}

/** Quarter circles and triangles on a grid. */
function tiles(random) {
  const side = 40;
  return range(12).map((i) => {
    const [x, y] = [(i % 4) * side, Math.floor(i / 4) * side];
    const tint = 1 + Math.floor(random() * 4);
    const kind = Math.floor(random() * 5);
    if (kind === 0) return [tint, circle(x + 20, y + 20, 13)];
    if (kind === 1) return [tint, `M${x} ${y}h40v40Z`];
    if (kind === 2) return [tint, `M${x} ${y + 40}v-40a40 40 0 0 1 40 40Z`];
    if (kind === 3) return [tint, `M${x + 40} ${y}v40h-40a40 40 0 0 1 40 -40Z`];
    return [tint, box(x, y + 10, 40, 20)];
  });
}

/** The spines of books on a shelf. */
function spines(random) {
  const books = [];
  for (let x = 6; x < WIDTH - 12; ) {
    const [wide, high] = [9 + random() * 13, 58 + random() * 40];
    const tint = 1 + Math.floor(random() * 4);
    books.push([tint, box(x, 108 - high, wide, high)], [tint > 2 ? 1 : 4, box(x, 108 - high * 0.8, wide, 4)]);
    x += wide + 2;
  }
  return [...books, [2, box(0, 108, WIDTH, 12)]];
}

/** A creature of pixels, the same on both sides. */
function creature(random) {
  const side = 10;
  const pixels = [];
  for (const row of range(8)) {
    for (const column of range(5)) {
      if (random() < 0.42) continue;
      const tint = row === 2 && column === 3 ? 0 : 2 + Math.floor(random() * 3);
      const y = 20 + row * side;
      pixels.push([tint, box(80 - (5 - column) * side, y, side, side) + box(80 + (4 - column) * side, y, side, side)]);
    }
  }
  return [...range(14).map(() => [1, box(random() * WIDTH, random() * HEIGHT, 3, 3)]), ...pixels];
}

/** Platforms to jump on. */
function steps(random, lift) {
  const count = 6;
  const platforms = range(count).map((i) => {
    const y = 30 + random() * 74;
    return [1 + (i % 3), box(i * 27 - 2, y, 20 + random() * 8, 120 - y)];
  });
  const coins = range(3 + Math.round(lift * 3)).map((i) => [4, circle(18 + i * 25, 12 + random() * 22, 4.5)]);
  return [...platforms, ...coins];
}
