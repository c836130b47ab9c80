<?php
function call(string $url, ?array $body = null): string {
    $http = ["header" => ["authorization: Bearer polar_oat_any", "content-type: application/json"]];
    if ($body) {
        $http += ["method" => "POST", "content" => json_encode($body)];
    }
    return file_get_contents($url, false, stream_context_create(["http" => $http])) ?: exit(1);
}

$polar = "https://sandbox-api.polar.sh/v1";
call("$polar/customers/", ["email" => "ann@example.com", "external_id" => "user_1"]);
$read = call("$polar/customers/external/user_1");
echo "201 ", json_decode($read)->email, " ", call(getenv("OTHER_URL")), "\n";
