package main

import (
	"log"
	"net/http"

	"example.com/shop/billing"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /signup", billing.SignUp)
	mux.HandleFunc("GET /me", billing.Me)
	mux.HandleFunc("POST /webhooks/polar", billing.Webhook)
	log.Fatal(http.ListenAndServe(":9090", mux))
}
