<?php

// A merchant's PHP: the document's own function, the verification that the platform publishes, and
// a client of the kind that was written against them. The job is the argument, its cases come as
// one JSON list on the input, and what came of each goes to the output as another.

final class Merchant
{
    // From here to the end of the function, sipay-cashout.txt and iqmoney-cashout.txt literally.
    private function generateCashOutAPIHashKey($sum_of_amount_column, $first_row_iban,
$first_row_amount, $first_row_currency, $first_row_gsm, $app_secret ){

    //remove plus(+) sign from gsm number.
    $data = $sum_of_amount_column.'|'.$first_row_iban.'|'.$first_row_amount.'|'.$first_row_currency.'|'.$first_row_gsm;

    $iv = substr(sha1(mt_rand()), 0, 16);
    $password = sha1($app_secret);

    $salt = substr(sha1(mt_rand()), 0, 4);
    $saltWithPassword = hash('sha256', $password . $salt);

    $encrypted = openssl_encrypt(
        "$data", 'aes-256-cbc', "$saltWithPassword", null, $iv
    );
    $msg_encrypted_bundle = "$iv:$salt:$encrypted";
    $hash_key = str_replace('/', '__', $msg_encrypted_bundle);
    return $hash_key;
}

    // The other way round: undo the underscores, split, decrypt.
    public function open(string $hashKey, string $secret): string|false
    {
        $parts = explode(':', str_replace('__', '/', $hashKey));
        if (count($parts) < 3) {
            return false;
        }
        [$iv, $salt, $encrypted] = $parts;
        $password = hash('sha256', sha1($secret) . $salt);
        return openssl_decrypt($encrypted, 'aes-256-cbc', $password, 0, $iv);
    }

    // The values of a hash_key; none when it does not decrypt to any.
    public function validateHashKey(string $hashKey, string $secret): array
    {
        $text = $this->open($hashKey, $secret);
        return $text !== false && str_contains($text, '|') ? explode('|', $text) : [];
    }

    // A request as it is posted. The rows nest as in the document, or as SDKs send them.
    public function request(string $data, string $merchantKey, string $secret, bool $stripPlus = true): string
    {
        $data = json_decode($data, true, 512, JSON_THROW_ON_ERROR);
        $rows = array_map(fn (array $row) => $row[0] ?? $row, $data);
        $gsm = $rows[0]['gsm_number'];
        return json_encode([
            'merchant_key' => $merchantKey,
            'hash_key' => $this->generateCashOutAPIHashKey(
                array_sum(array_column($rows, 'amount')),
                $rows[0]['iban'],
                $rows[0]['amount'],
                $rows[0]['currency'],
                $stripPlus ? str_replace('+', '', (string) $gsm) : $gsm,
                $secret,
            ),
            'cashout_type' => 1,
            'cashout_data' => $data,
        ], JSON_THROW_ON_ERROR);
    }
}

function ask(string $url, ?string $body = null, array $headers = []): array
{
    $headers = [...$headers, 'Accept: application/json', 'Content-Type: application/json'];
    $http = ['method' => $body === null ? 'GET' : 'POST', 'header' => $headers];
    $http += ['content' => $body ?? '', 'ignore_errors' => true, 'timeout' => 20];
    $answer = file_get_contents($url, false, stream_context_create(['http' => $http]));
    return json_decode($answer, true, 512, JSON_THROW_ON_ERROR);
}

function base64url(string $text): string
{
    return base64_decode(strtr($text, '-_', '+/'), true);
}

function der(int $tag, string $value): string
{
    $length = strlen($value);
    $size = ltrim(pack('N', $length), "\0");
    return chr($tag) . ($length < 128 ? chr($length) : chr(0x80 | strlen($size)) . $size) . $value;
}

function pem(array $jwk): string
{
    $number = function (string $text): string {
        $bytes = base64url($text);
        return der(0x02, (ord($bytes) & 0x80 ? "\0" : '') . $bytes);
    };
    $rsa = hex2bin('300d06092a864886f70d0101010500');
    $key = der(0x30, $number($jwk['n']) . $number($jwk['e']));
    $text = base64_encode(der(0x30, $rsa . der(0x03, "\0" . $key)));
    return "-----BEGIN PUBLIC KEY-----\n" . chunk_split($text, 64, "\n") . "-----END PUBLIC KEY-----\n";
}

// Whether one of the published keys signed the token: the one that it names.
function signed(string $token, array $jwks): bool
{
    [$head, $claims, $signature] = explode('.', $token);
    $named = json_decode(base64url($head), true)['kid'];
    $keys = array_filter($jwks['keys'], fn (array $jwk) => $jwk['kid'] === $named);
    $key = openssl_pkey_get_public(pem(array_values($keys)[0]));
    return openssl_verify("$head.$claims", base64url($signature), $key, OPENSSL_ALGO_SHA256) === 1;
}

$merchant = new Merchant();
$jobs = [
    'request' => function (array $case) use ($merchant): string {
        ini_set('precision', $case['precision']);
        ini_set('serialize_precision', $case['digits']);
        return $merchant->request($case['data'], 'm', $case['secret'], $case['strip']);
    },
    'open' => fn (array $case) => $merchant->open($case['hash_key'], $case['secret']),
    'webhook' => function (array $case) use ($merchant): array {
        parse_str($case['body'], $form);
        return ['form' => $form, 'signed' => $merchant->validateHashKey($form['hash_key'], $case['secret'])];
    },
    'token' => function (array $case): array {
        ['token' => $token, 'jwks' => $jwks] = $case;
        [$head, $claims, $signature] = explode('.', $token);
        $forged = rtrim(strtr(base64_encode(str_replace('"1"', '"2"', base64url($claims))), '+/', '-_'), '=');
        return [signed($token, $jwks), signed("$head.$forged.$signature", $jwks)];
    },
    // A cash-out as old code does it: a token, the request, and the same bytes again as if no
    // answer had come.
    'cash-out' => function (array $case) use ($merchant): array {
        ['base' => $base, 'app_secret' => $secret] = $case;
        $credentials = json_encode(['app_id' => $case['app_id'], 'app_secret' => $secret]);
        $granted = ask("$base/api/token", $credentials);
        $token = $granted['data']['token'];
        $request = $merchant->request($case['data'], $case['merchant_key'], $secret);
        $post = fn () => ask("$base/api/cashout/tobank", $request, ["Authorization: Bearer $token"]);
        return [
            'token' => $token,
            'jwks' => ask("$base/.well-known/jwks.json"),
            'statuscodes' => [$granted['status_code'], $post()['statuscode'], $post()['statuscode']],
        ];
    },
];

// The document's function is older than the notice about its null.
error_reporting(E_ALL & ~E_DEPRECATED);
set_error_handler(function (int $kind, string $what) {
    if ($kind !== E_DEPRECATED) {
        throw new ErrorException($what);
    }
});
$cases = json_decode(stream_get_contents(STDIN), true, 512, JSON_THROW_ON_ERROR);
// What was decrypted with a wrong key is no text.
$flags = JSON_THROW_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE;
echo json_encode(array_map($jobs[$argv[1]], $cases), $flags);
