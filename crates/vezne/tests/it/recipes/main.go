package main

import (
	"encoding/json"
	"os"
)

type asked struct {
	HashKey       []string          `json:"hash_key"`
	Parameters    map[string]string `json:"parameters"`
	Secret        string            `json:"secret"`
	Headers       map[string]string `json:"headers"`
	WebhookSecret string            `json:"webhook_secret"`
	Bodies        []string          `json:"bodies"`
}

func main() {
	var of asked
	if err := json.NewDecoder(os.Stdin).Decode(&of); err != nil {
		panic(err)
	}
	made, err := HashKey(of.HashKey[0], of.HashKey[1], of.HashKey[2], of.HashKey[3], of.HashKey[4], of.HashKey[5])
	if err != nil {
		panic(err)
	}
	ours := []bool{}
	for _, body := range of.Bodies {
		ours = append(ours, IsOurs([]byte(body), of.Headers, of.WebhookSecret))
	}
	answer := map[string]any{"hash_key": made, "sign": Sign(of.Parameters, of.Secret), "ours": ours}
	if err := json.NewEncoder(os.Stdout).Encode(answer); err != nil {
		panic(err)
	}
}
