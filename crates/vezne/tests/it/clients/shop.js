// The same in Node, with other habits: a token asked for by JSON, rows flat, an amount with the noise of a float, orders as JSON.
const crypto = require('node:crypto');
const http = require('node:http');

const shop = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
const NOISE = (277.2).toPrecision(17);
const IBAN = 'TR33\u00a00006\u00a01005\u00a01978\u00a06457\u00a08413\u00a026';
const told = [];
const wrong = [];
let enough;
const came = new Promise((resolve) => { enough = resolve; setTimeout(() => resolve(false), 30000).unref(); });

const hex = (name, text) => crypto.createHash(name).update(text).digest('hex');
const keyOf = (appSecret, salt) => hex('sha256', hex('sha1', appSecret) + salt).slice(0, 32);

function hashKey(text, appSecret) {
  const [iv, salt] = [crypto.randomBytes(8).toString('hex'), crypto.randomBytes(2).toString('hex')];
  const cipher = crypto.createCipheriv('aes-256-cbc', keyOf(appSecret, salt), iv);
  const made = cipher.update(text, 'utf8', 'base64') + cipher.final('base64');
  return `${iv}:${salt}:${made}`.replaceAll('/', '__');
}

function opened(bundle, appSecret) {
  const [iv, salt, made] = bundle.replaceAll('__', '/').split(':');
  const cipher = crypto.createDecipheriv('aes-256-cbc', keyOf(appSecret, salt), iv);
  return cipher.update(made, 'base64', 'utf8') + cipher.final('utf8');
}

function sign(parameters, secret) {
  const text = Object.keys(parameters).sort().map((name) => `${name}=${parameters[name]}`).join('&');
  return hex('md5', `${text}&key=${secret}`).toUpperCase();
}

function check(headers, body, name) {
  const key = Buffer.from(shop[name].webhook_secret.slice('whsec_'.length), 'base64');
  const head = `${headers['webhook-id']}.${headers['webhook-timestamp']}.`;
  const expected = 'v1,' + crypto.createHmac('sha256', key).update(head).update(body).digest('base64');
  if (!headers['webhook-signature'].split(' ').includes(expected)) wrong.push(`headers of ${name}`);
}

const handlers = {
  BankoPay(headers, body) {
    check(headers, body, 'bankopay');
    const said = JSON.parse(body);
    if (said.status !== 'approved' || said.amount !== '277.20') wrong.push(said);
    return '{"code":"200"}';
  },
  webhook(headers, body) {
    check(headers, body, 'ccpayment');
    const said = Object.fromEntries(new URLSearchParams(body.toString()));
    const fields = ['iqmoney_status', 'amount', 'invoice_id', 'order_id', 'currency'].map((name) => said[name]);
    if (opened(said.hash_key, shop.ccpayment.app_secret) !== fields.join('|')) wrong.push('hash_key');
    if (said.payment_status !== '1') wrong.push(said);
    return '';
  },
  notify(headers, body) {
    check(headers, body, 'applyfor');
    const { sign: given, ...said } = Object.fromEntries(new URLSearchParams(body.toString()));
    if (sign(said, shop.applyfor.secret) !== given) wrong.push('sign');
    if (said.status !== '10000') wrong.push(said);
    return 'success';
  },
};

const server = http.createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const name = Object.keys(handlers).find((known) => request.url.includes(known));
    response.end(handlers[name](request.headers, Buffer.concat(parts)));
    told.push(name);
    if (told.length >= 4) enough(true);
  });
});

async function post(path, body, headers = {}) {
  const answer = await fetch(shop.desk + path, {
    method: 'POST', body, headers: { 'content-type': 'application/json', ...headers },
  });
  return answer.json();
}

server.listen(shop.port, '127.0.0.1', async () => {
  const { bankopay, ccpayment, applyfor } = shop;
  const withdrawal = {
    site_id: bankopay.site_id, site_key: bankopay.site_key, user_id: 1254137, username: 'demo', trx: 456454647,
    fullname: 'Ayşe Kaya', amount: 277.2, account_number: '1234567890',
  };
  const answers = [(await post('/api/withdraw/papara/', JSON.stringify(withdrawal).replace('277.2', NOISE))).code];

  const token = await post('/ccpayment/api/token', JSON.stringify({ app_id: ccpayment.app_id, app_secret: ccpayment.app_secret }));
  const row = { name_surname: 'Ayşe Kaya', iban: IBAN, currency: 'TRY', gsm_number: 905551112233 };
  const rows = [{ unique_id: 'js-1', ...row, amount: 277.2 }, { unique_id: 'js-2', ...row, amount: '10.00' }];
  const key = hashKey(`${(277.2 + 10).toPrecision(17)}|${IBAN}|${NOISE}|TRY|905551112233`, ccpayment.app_secret);
  const cashOut = { merchant_key: ccpayment.merchant_key, hash_key: key, cashout_type: 1, cashout_data: rows };
  const bearer = { authorization: `Bearer ${token.data.token}`, 'content-type': 'application/json; charset=UTF-8' };
  const paid = await post('/ccpayment/api/cashout/tobank', JSON.stringify(cashOut).replace('277.2}', `${NOISE}}`), bearer);
  answers.push(paid.status_code);

  const order = {
    uid: applyfor.uid, currency: 'TRY', pay_code: '4001', amount: '277.2', orderid: 'js-3',
    notify_url: `http://127.0.0.1:${shop.port}/notify`, userip: '127.0.0.1', timestamp: applyfor.now * 1000,
    bank_no: IBAN, bank_account: 'Ayşe Kaya', custom: 'a&b',
  };
  order.sign = sign(order, applyfor.secret).toLowerCase();
  answers.push((await post('/applyfor/', JSON.stringify(order))).status);

  const all = await came;
  server.close();
  server.closeAllConnections();
  console.log(JSON.stringify({ answers, told: told.sort(), wrong, came: all }));
});
