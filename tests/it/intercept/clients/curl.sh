polar=https://sandbox-api.polar.sh/v1
made=$(curl -s -o /dev/null -w '%{http_code}' "$polar/customers/" \
  -H 'authorization: Bearer polar_oat_any' -H 'content-type: application/json' \
  -d '{"email": "ann@example.com", "external_id": "user_1"}')
read=$(curl -s "$polar/customers/external/user_1" -H 'authorization: Bearer polar_oat_any')
echo "$made $(expr "$read" : '.*"email": *"\([^"]*\)"') $(curl -s "$OTHER_URL")"
