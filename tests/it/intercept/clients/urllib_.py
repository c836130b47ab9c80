import json
import os
from urllib.request import Request, urlopen

POLAR = "https://sandbox-api.polar.sh/v1"
headers = {"authorization": "Bearer polar_oat_any", "content-type": "application/json"}
customer = json.dumps({"email": "ann@example.com", "external_id": "user_1"}).encode()
made = urlopen(Request(f"{POLAR}/customers/", data=customer, headers=headers))
read = urlopen(Request(f"{POLAR}/customers/external/user_1", headers=headers))
other = urlopen(os.environ["OTHER_URL"])
print(made.status, json.load(read)["email"], other.read().decode())
