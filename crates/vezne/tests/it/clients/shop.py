# A merchant's program as a tired developer writes it from the documents alone: numbers with the noise of floats, a token asked
# for by a form, rows nested, an IBAN pasted from a bank's page, ids as numbers.
import base64
import hashlib
import hmac
import json
import secrets
import sys
import threading
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import bcrypt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

shop = json.load(sys.stdin)
NOISE = "%.17g" % 277.2
IBAN = "TR33 0006 1005 1978 6457 8413 26"
told, wrong, enough = [], [], threading.Event()


def aes(app_secret, salt, iv):
    password = hashlib.sha1(app_secret.encode()).hexdigest()
    key = hashlib.sha256((password + salt).encode()).hexdigest()[:32].encode()
    return Cipher(algorithms.AES(key), modes.CBC(iv.encode()))


def hash_key(text, app_secret):
    iv, salt = secrets.token_hex(8), secrets.token_hex(2)
    padding = 16 - len(text.encode()) % 16
    made = aes(app_secret, salt, iv).encryptor().update(text.encode() + bytes([padding] * padding))
    return f"{iv}:{salt}:{base64.b64encode(made).decode()}".replace("/", "__")


def opened(bundle, app_secret):
    iv, salt, made = bundle.replace("__", "/").split(":")
    text = aes(app_secret, salt, iv).decryptor().update(base64.b64decode(made))
    return text[: -text[-1]].decode()


def sign(parameters, secret):
    text = "&".join(f"{name}={parameters[name]}" for name in sorted(parameters)) + f"&key={secret}"
    return hashlib.md5(text.encode()).hexdigest().upper()


def is_signed(headers, body, secret):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.digest(key, text, "sha256")).decode()
    return expected in headers["webhook-signature"].split()


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        dialect = next(name for name in ("BankoPay", "webhook", "notify") if name in self.path)
        answer = getattr(self, dialect.lower())(body)
        told.append(dialect)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(answer)
        if len(told) >= 4:
            enough.set()

    def bankopay(self, body):
        said = json.loads(body)
        text = f"{said['site_id']}|{said['user_id']}|{said['trx']}|{shop['bankopay']['site_key']}"
        if not bcrypt.checkpw(text.encode()[:72], said["hash"].encode()):
            wrong.append("hash")
        self.check(body, "bankopay")
        if (said["status"], said["amount"]) != ("approved", "277.20"):
            wrong.append(said)
        return b'\xef\xbb\xbf{"code": 200, "message": "ok"}'

    def webhook(self, body):
        said = dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
        fields = [said[name] for name in ("iqmoney_status", "amount", "invoice_id", "order_id", "currency")]
        if opened(said["hash_key"], shop["ccpayment"]["app_secret"]).split("|") != fields:
            wrong.append("hash_key")
        self.check(body, "ccpayment")
        if said["payment_status"] != "1":
            wrong.append(said)
        return b"<html>thanks</html>"

    def notify(self, body):
        said = dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
        given = said.pop("sign")
        if sign(said, shop["applyfor"]["secret"]) != given:
            wrong.append("sign")
        self.check(body, "applyfor")
        if said["status"] != "10000":
            wrong.append(said)
        return b"SUCCESS\n"

    def check(self, body, name):
        if not is_signed(self.headers, body, shop[name]["webhook_secret"]):
            wrong.append(f"headers of {name}")

    def log_message(self, *_):
        pass


def post(path, body, kind="application/json", **headers):
    request = urllib.request.Request(shop["desk"] + path, body.encode(), {"content-type": kind, **headers})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


FORM = "application/x-www-form-urlencoded"
server = ThreadingHTTPServer(("127.0.0.1", shop["port"]), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
own = f"http://127.0.0.1:{shop['port']}"

banko = shop["bankopay"]
withdrawal = {"site_id": banko["site_id"], "site_key": banko["site_key"], "user_id": 1254137, "username": "demo",
              "trx": 456454646, "fullname": "Ayşe Kaya", "amount": 277.2, "account_number": "12 3456 7890"}
answers = [post("/api/withdraw/papara", json.dumps(withdrawal).replace("277.2", NOISE))["code"]]

cash = shop["ccpayment"]
token = post("/ccpayment/api/token", urllib.parse.urlencode({"app_id": cash["app_id"], "app_secret": cash["app_secret"]}), FORM)
rows = [[{"unique_id": "py-1", "name_surname": "Ayşe Kaya", "iban": IBAN, "amount": 277.2, "currency": "TRY",
          "gsm_number": "905551112233"}],
        [{"unique_id": "py-2", "name_surname": "Ali Kaya", "iban": IBAN, "amount": 10, "currency": "TRY",
          "gsm_number": "905551112234"}]]
key = hash_key(f"{'%.17g' % (277.2 + 10)}|{IBAN}|{NOISE}|TRY|905551112233", cash["app_secret"])
cash_out = {"merchant_key": cash["merchant_key"], "hash_key": key, "cashout_type": 1, "cashout_data": rows}
bearer = "Bearer " + token["data"]["token"]
paid = post("/ccpayment/api/cashout/tobank", json.dumps(cash_out).replace("277.2,", NOISE + ","), authorization=bearer)
answers.append(paid["status_code"])

apply = shop["applyfor"]
order = {"uid": apply["uid"], "currency": "TRY", "pay_code": "4001", "amount": "277.20", "orderid": "py-3",
         "notify_url": own + "/notify?shop=7&lang=tr", "userip": "127.0.0.1", "timestamp": str(apply["now"]),
         "bank_no": IBAN, "bank_account": "KAYA & OĞULLARI", "custom": ""}
order["sign"] = sign(order, apply["secret"])
answers.append(post("/applyfor", urllib.parse.urlencode(order), FORM)["status"])

came = enough.wait(30)
server.shutdown()
print(json.dumps({"answers": answers, "told": sorted(told), "wrong": wrong, "came": came}))
