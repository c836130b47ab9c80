import os

import requests

POLAR = "https://sandbox-api.polar.sh/v1"
headers = {"authorization": "Bearer polar_oat_any"}
customer = {"email": "ann@example.com", "external_id": "user_1"}
made = requests.post(f"{POLAR}/customers/", json=customer, headers=headers)
read = requests.get(f"{POLAR}/customers/external/user_1", headers=headers)
other = requests.get(os.environ["OTHER_URL"])
print(made.status_code, read.json()["email"], other.text)
