
import json
import sys

case = json.load(sys.stdin)
print(json.dumps({
    "hash_key": hash_key(*case["hash_key"]),
    "sign": sign(case["parameters"], case["secret"]),
    "ours": [is_ours(body.encode(), case["headers"], case["webhook_secret"]) for body in case["bodies"]],
}))
