// node image_variant.mjs SOURCE WARM_UP TARGET: one timed decode and resize, its figures as JSON on stdout
import { readFileSync, writeFileSync } from "node:fs";
import sharp from "sharp";

const [source, warmUp, target] = process.argv.slice(2);
const resize = (path) =>
  sharp(path).resize(800, 600, { fit: "inside" }).removeAlpha().raw().toBuffer({ resolveWithObject: true });
const peakBytes = () => 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);

await resize(warmUp);
const bytesBefore = peakBytes();
const started = process.hrtime.bigint();
const { data, info } = await resize(source);
const seconds = Number(process.hrtime.bigint() - started) / 1e9;
writeFileSync(target, data);
console.log(JSON.stringify({ seconds, peak_bytes: peakBytes() - bytesBefore, size: [info.width, info.height] }));
