
const asked = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify({
  hash_key: hashKey(...asked.hash_key),
  sign: sign(asked.parameters, asked.secret),
  ours: asked.bodies.map((body) => isOurs(body, asked.headers, asked.webhook_secret)),
}));
