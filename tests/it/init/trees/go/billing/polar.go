package billing

import "os"

var (
	apiURL = os.Getenv("POLAR_BASE_URL")
	token  = os.Getenv("POLAR_ACCESS_TOKEN")
)
