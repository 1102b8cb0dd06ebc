// Buffers, strings, maps, streams through zlib, crypto, workers: prints digests alone.
'use strict';
const crypto = require('crypto');
const zlib = require('zlib');
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');

const digest = (data) => crypto.createHash('sha256').update(data).digest('hex').slice(0, 24);

function generator(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % below;
  };
}

function churn(seed, rounds) {
  const next = generator(seed);
  const kept = new Map();
  for (let i = 0; i < rounds; i++) {
    const key = 'key' + next(500);
    const old = kept.get(key);
    const size = 1 + next(i % 50 === 0 ? 300000 : 3000);
    const block = Buffer.allocUnsafeSlow(size).fill(i & 255);
    if (old) old.copy(block, 0, 0, Math.min(old.length, size) >> 1);
    kept.set(key, block);
    if (next(3) === 0) kept.delete('key' + next(500));
  }
  const names = [...kept.keys()].sort();
  return digest(Buffer.concat(names.map((name) => kept.get(name))));
}

if (!isMainThread) {
  parentPort.postMessage(churn(workerData.seed, workerData.rounds));
} else {
  const rounds = Number(process.argv[2]);
  console.log('churn', churn(1, rounds));
  const objects = Array.from({ length: 20000 }, (_, i) => ({ id: i, text: 'v'.repeat(i % 90), list: [i, i * i] }));
  const json = JSON.stringify(objects);
  console.log('json', digest(json), JSON.parse(json).reduce((sum, o) => sum + o.list[1], 0));
  for (const level of [1, 6, 9]) {
    const packed = zlib.deflateSync(json, { level });
    console.log('zlib', level, digest(packed), zlib.inflateSync(packed).length);
  }
  const brotli = zlib.brotliCompressSync(json, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 } });
  console.log('brotli', digest(brotli), digest(zlib.brotliDecompressSync(brotli)));
  const cipher = crypto.createCipheriv('aes-256-gcm', Buffer.alloc(32, 7), Buffer.alloc(12, 3));
  console.log('aes', digest(Buffer.concat([cipher.update(json), cipher.final()])));
  console.log('scrypt', crypto.scryptSync('word', 'salt', 32, { N: 4096 }).toString('hex'));
  const answers = [];
  let running = 4;
  for (let seed = 10; seed < 14; seed++) {
    new Worker(__filename, { workerData: { seed, rounds } }).on('message', (answer) => {
      answers[seed - 10] = answer;
      if (--running === 0) console.log('workers', answers.join(' '));
    });
  }
}
