/** WAV files (RIFF): 16-bit PCM at any rate and mu-law at 8 kHz, both mono. */

export type WavAudio =
  | { encoding: 'pcm16'; sampleRate: number; samples: Int16Array }
  | { encoding: 'mulaw'; sampleRate: 8_000; audio: Uint8Array };

/** The file is not one that can be read; the message says why and holds nothing of it. */
export class WavError extends Error {
  override readonly name = 'WavError';
  readonly retryable = false;
}

const PCM = 1;
const MULAW = 7;
const EXTENSIBLE = 0xfffe;
const MULAW_RATE = 8_000;
const MAX_RATE = 192_000;
/** What is written to a pipe does not know its length: programs put something from here on. */
const UNKNOWN_SIZE = 0x7fff_0000;

interface Format {
  encoding: number;
  channels: number;
  sampleRate: number;
  bitsPerSample: number;
}

/** @throws WavError for everything else, and for a file that is cut short. */
export function readWav(file: Uint8Array): WavAudio {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.length < 12 || tag(bytes, 0) !== 'RIFF' || tag(bytes, 8) !== 'WAVE') {
    throw new WavError('not a WAV file');
  }
  let format: Format | undefined;
  for (let at = 12; at + 8 <= bytes.length;) {
    const size = bytes.readUInt32LE(at + 4);
    const start = at + 8;
    if (tag(bytes, at) === 'data') {
      if (!format) throw new WavError('the samples come before their format');
      return decoded(format, dataOf(bytes, start, size));
    }
    if (tag(bytes, at) === 'fmt ') format = formatOf(bytes.subarray(start, start + size));
    at = start + size + (size % 2);
  }
  throw new WavError('there are no samples in it');
}

/** The whole file, header included. */
export function writeWav(wav: WavAudio): Uint8Array {
  const isMulaw = wav.encoding === 'mulaw';
  const data = isMulaw ? Buffer.from(wav.audio) : littleEndian(wav.samples);
  const bytesPerSample = isMulaw ? 1 : 2;
  const padding = data.length % 2;
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(36 + data.length + padding, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(isMulaw ? MULAW : PCM, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(wav.sampleRate, 24);
  header.writeUInt32LE(wav.sampleRate * bytesPerSample, 28);
  header.writeUInt16LE(bytesPerSample, 32);
  header.writeUInt16LE(8 * bytesPerSample, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(data.length, 40);
  return Buffer.concat([header, data, Buffer.alloc(padding)]);
}

function formatOf(chunk: Buffer): Format {
  if (chunk.length < 16) throw new WavError('its format is cut short');
  const named = chunk.readUInt16LE(0);
  if (named === EXTENSIBLE && chunk.length < 26) throw new WavError('its format is cut short');
  return {
    // An extensible format has the real one in the first two bytes of its GUID.
    encoding: named === EXTENSIBLE ? chunk.readUInt16LE(24) : named,
    channels: chunk.readUInt16LE(2),
    sampleRate: chunk.readUInt32LE(4),
    bitsPerSample: chunk.readUInt16LE(14),
  };
}

function dataOf(bytes: Buffer, start: number, size: number): Buffer {
  if (size >= UNKNOWN_SIZE) return bytes.subarray(start);
  if (start + size > bytes.length) throw new WavError('the file is cut short');
  return bytes.subarray(start, start + size);
}

function decoded(format: Format, data: Buffer): WavAudio {
  const { encoding, channels, sampleRate, bitsPerSample } = format;
  if (channels !== 1) throw new WavError(`it has ${channels} channels, not 1`);
  if (encoding === MULAW) {
    if (sampleRate !== MULAW_RATE || bitsPerSample !== 8) {
      throw new WavError('mu-law is read at 8 kHz with 8 bits alone');
    }
    return { encoding: 'mulaw', sampleRate: MULAW_RATE, audio: Uint8Array.from(data) };
  }
  if (encoding !== PCM) throw new WavError(`its encoding ${encoding} is neither PCM nor mu-law`);
  if (bitsPerSample !== 16) throw new WavError(`it has ${bitsPerSample} bits a sample, not 16`);
  if (sampleRate === 0 || sampleRate > MAX_RATE) throw new WavError('its sample rate is absurd');
  const samples = new Int16Array(Math.floor(data.length / 2));
  for (let index = 0; index < samples.length; index += 1) {
    samples[index] = data.readInt16LE(2 * index);
  }
  return { encoding: 'pcm16', sampleRate, samples };
}

function littleEndian(samples: Int16Array): Buffer {
  const data = Buffer.alloc(2 * samples.length);
  samples.forEach((sample, index) => data.writeInt16LE(sample, 2 * index));
  return data;
}

function tag(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at, at + 4);
}
