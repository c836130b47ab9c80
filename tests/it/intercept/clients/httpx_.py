import os

import httpx

with httpx.Client(
    base_url="https://sandbox-api.polar.sh/v1", headers={"authorization": "Bearer polar_oat_any"}
) as polar:
    made = polar.post("/customers/", json={"email": "ann@example.com", "external_id": "user_1"})
    read = polar.get("/customers/external/user_1")
other = httpx.get(os.environ["OTHER_URL"])
print(made.status_code, read.json()["email"], other.text)
