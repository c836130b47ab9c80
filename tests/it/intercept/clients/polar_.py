import os
from urllib.request import urlopen

from polar.v2026_04 import Polar

with Polar("polar_oat_any", environment="sandbox") as polar:
    polar.customers.create(email="ann@example.com", external_id="user_1")
    read = polar.customers.get_external("user_1")
print(201, read.email, urlopen(os.environ["OTHER_URL"]).read().decode())
