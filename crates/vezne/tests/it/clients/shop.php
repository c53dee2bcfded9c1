<?php
// The same in PHP, with the functions of the documents: a server that is told, which PHP itself runs, and beside it the orders. An amount
// is what PHP makes of a float, a token is asked for by a multipart form, and a row comes as PHP's arrays are printed.
declare(strict_types=1);
ini_set('serialize_precision', '17');
const IBAN = "TR33 0006 1005 1978 6457 8413 26";

function encrypt(string $text, string $appSecret): string
{
    $iv = substr(sha1((string) mt_rand()), 0, 16);
    $salt = substr(sha1((string) mt_rand()), 0, 4);
    $key = substr(hash('sha256', sha1($appSecret) . $salt), 0, 32);
    return str_replace('/', '__', "$iv:$salt:" . openssl_encrypt($text, 'aes-256-cbc', $key, 0, $iv));
}

function decrypt(string $bundle, string $appSecret): string
{
    [$iv, $salt, $made] = explode(':', str_replace('__', '/', $bundle));
    $key = substr(hash('sha256', sha1($appSecret) . $salt), 0, 32);
    return (string) openssl_decrypt($made, 'aes-256-cbc', $key, 0, $iv);
}

function sign(array $parameters, string $secret): string
{
    ksort($parameters);
    $pairs = array_map(fn ($name, $value) => "$name=$value", array_keys($parameters), $parameters);
    return strtoupper(md5(implode('&', $pairs) . "&key=$secret"));
}

// Both its halves are this file: PHP's own server runs it for each callback, with the shop in the environment.
if (PHP_SAPI === 'cli-server') {
    $shop = json_decode((string) getenv('SHOP'), true);
    $wrong = [];
    $body = (string) file_get_contents('php://input');
    $dialects = ['BankoPay' => 'bankopay', 'webhook' => 'ccpayment', 'notify' => 'applyfor'];
    $name = current(array_filter(array_keys($dialects), fn ($name) => str_contains($_SERVER['REQUEST_URI'], $name)));
    $known = $shop[$dialects[$name]];
    $secret = base64_decode(substr($known['webhook_secret'], strlen('whsec_')));
    $head = "{$_SERVER['HTTP_WEBHOOK_ID']}.{$_SERVER['HTTP_WEBHOOK_TIMESTAMP']}.";
    $expected = 'v1,' . base64_encode(hash_hmac('sha256', $head . $body, $secret, true));
    if (!in_array($expected, explode(' ', $_SERVER['HTTP_WEBHOOK_SIGNATURE']), true)) {
        $wrong[] = "headers of $name";
    }
    if ($name === 'BankoPay') {
        $said = json_decode($body, true);
        if (!password_verify("{$said['site_id']}|{$said['user_id']}|{$said['trx']}|{$known['site_key']}", $said['hash'])) {
            $wrong[] = 'hash';
        }
        if ([$said['status'], $said['amount']] !== ['approved', '277.20']) {
            $wrong[] = $said;
        }
        echo json_encode(['code' => 200, 'message' => 'ok'], JSON_PRETTY_PRINT);
    } elseif ($name === 'webhook') {
        $fields = [$_POST['iqmoney_status'], $_POST['amount'], $_POST['invoice_id'], $_POST['order_id'], $_POST['currency']];
        if (explode('|', decrypt($_POST['hash_key'], $known['app_secret'])) !== $fields) {
            $wrong[] = 'hash_key';
        }
        if ($_POST['payment_status'] != 1) {
            $wrong[] = $_POST;
        }
    } else {
        $said = $_POST;
        unset($said['sign']);
        if (sign($said, $known['secret']) !== $_POST['sign']) {
            $wrong[] = 'sign';
        }
        if ($said['status'] !== '10000') {
            $wrong[] = $said;
        }
        echo 'success';
    }
    file_put_contents(getenv('TOLD'), json_encode([$name, $wrong]) . "\n", FILE_APPEND | LOCK_EX);
    return;
}

$input = (string) stream_get_contents(STDIN);
$shop = json_decode($input, true);
$told = tempnam(sys_get_temp_dir(), 'shop');
$environment = ['SHOP' => $input, 'TOLD' => $told] + getenv();
$own = "127.0.0.1:{$shop['port']}";
$quiet = [1 => ['file', '/dev/null', 'w'], 2 => ['file', '/dev/null', 'w']];
$server = proc_open([PHP_BINARY, '-S', $own, __FILE__], $quiet, $pipes, null, $environment);

function post(string $path, string $body, string $type, string ...$headers): array
{
    global $shop;
    $header = implode("\r\n", ["Content-Type: $type", ...$headers]);
    $http = ['method' => 'POST', 'header' => $header, 'content' => $body, 'ignore_errors' => true];
    return json_decode((string) file_get_contents($shop['desk'] . $path, false, stream_context_create(['http' => $http])), true);
}

$banko = $shop['bankopay'];
$withdrawal = ['site_id' => $banko['site_id'], 'site_key' => $banko['site_key'], 'user_id' => 1254137, 'username' => 'demo',
    'trx' => 456454648, 'fullname' => 'Ayşe Kaya', 'amount' => 277.2, 'account_number' => '1234567890'];
$answers = [post('/api/withdraw/papara', (string) json_encode($withdrawal), 'application/json')['code']];

$cash = $shop['ccpayment'];
$form = '';
foreach (['app_id', 'app_secret'] as $name) {
    $form .= "--part\r\nContent-Disposition: form-data; name=\"$name\"\r\n\r\n{$cash[$name]}\r\n";
}
$token = post('/ccpayment/api/token', "$form--part--\r\n", 'multipart/form-data; boundary=part')['data']['token'];
$row = ['name_surname' => 'Ayşe Kaya', 'iban' => IBAN, 'currency' => 'TRY', 'gsm_number' => '905551112233'];
$rows = [[['unique_id' => 'php-1', 'amount' => 277.2] + $row], [['unique_id' => 'php-2', 'amount' => 10] + $row]];
$total = json_encode(277.2 + 10);
$amount = json_encode(277.2);
$cashOut = ['merchant_key' => $cash['merchant_key'], 'cashout_type' => 1, 'cashout_data' => $rows,
    'hash_key' => encrypt("$total|" . IBAN . "|$amount|TRY|905551112233", $cash['app_secret'])];
$paid = post('/ccpayment/api/cashout/tobank', (string) json_encode($cashOut), 'application/json', "Authorization: Bearer $token");
$answers[] = $paid['status_code'];

$order = ['uid' => $shop['applyfor']['uid'], 'currency' => 'TRY', 'pay_code' => '4001', 'amount' => '277.20', 'orderid' => 'php-3',
    'notify_url' => "http://$own/notify", 'userip' => '127.0.0.1', 'timestamp' => (string) $shop['applyfor']['now'],
    'bank_no' => IBAN, 'bank_account' => 'Ayşe Kaya', 'custom' => ''];
$order['sign'] = sign($order, $shop['applyfor']['secret']);
$answers[] = post('/applyfor', http_build_query($order), 'application/x-www-form-urlencoded')['status'];

for ($left = 300; $left > 0 && count((array) file($told)) < 4; $left--) {
    usleep(100000);
}
proc_terminate($server);
$lines = array_map(fn ($line) => json_decode($line, true), (array) file($told));
unlink($told);
$names = array_column($lines, 0);
sort($names);
echo json_encode(['answers' => $answers, 'told' => $names, 'wrong' => array_merge(...array_column($lines, 1)), 'came' => count($lines) >= 4]);
