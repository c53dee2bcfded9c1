
$case = json_decode(file_get_contents('php://stdin'), true);
echo json_encode([
    'hash_key' => hash_key(...$case['hash_key']),
    'sign' => sign($case['parameters'], $case['secret']),
    'ours' => array_map(fn ($body) => is_ours($body, $case['headers'], $case['webhook_secret']), $case['bodies']),
]);
