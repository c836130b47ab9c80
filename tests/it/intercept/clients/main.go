package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

const polar = "https://sandbox-api.polar.sh/v1"

func call(method, url, body string) (int, string) {
	request, _ := http.NewRequest(method, url, strings.NewReader(body))
	request.Header.Set("Authorization", "Bearer polar_oat_any")
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	text, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, string(text)
}

func main() {
	customer := `{"email": "ann@example.com", "external_id": "user_1"}`
	status, _ := call("POST", polar+"/customers/", customer)
	_, read := call("GET", polar+"/customers/external/user_1", "")
	var found struct{ Email string }
	json.Unmarshal([]byte(read), &found)
	_, other := call("GET", os.Getenv("OTHER_URL"), "")
	fmt.Println(status, found.Email, other)
}
