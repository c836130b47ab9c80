<?php
function call(string $url, ?array $body = null): array {
    $curl = curl_init($url);
    curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
    curl_setopt($curl, CURLOPT_HTTPHEADER,
        ["authorization: Bearer polar_oat_any", "content-type: application/json"]);
    if ($body) {
        curl_setopt($curl, CURLOPT_POSTFIELDS, json_encode($body));
    }
    $text = curl_exec($curl);
    if ($text === false) {
        fwrite(STDERR, curl_error($curl) . "\n");
        exit(1);
    }
    return [curl_getinfo($curl, CURLINFO_RESPONSE_CODE), $text];
}

$polar = "https://sandbox-api.polar.sh/v1";
[$status] = call("$polar/customers/", ["email" => "ann@example.com", "external_id" => "user_1"]);
[, $read] = call("$polar/customers/external/user_1");
[, $other] = call(getenv("OTHER_URL"));
echo "$status ", json_decode($read)->email, " $other\n";
