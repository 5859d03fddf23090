// Reads messages, one a line, and prints what each library says of it.
package main

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	svix "github.com/svix/svix-webhooks/go"
)

type message struct {
	Secret    string            `json:"secret"`
	PublicKey string            `json:"public_key"`
	Headers   map[string]string `json:"headers"`
	Body      []byte            `json:"body"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var one message
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			panic(err)
		}
		headers := http.Header{}
		for name, value := range one.Headers {
			headers.Set(name, value)
		}
		standard, err := standardwebhooks.NewWebhook(one.Secret)
		if err != nil {
			panic(err)
		}
		other, err := svix.NewWebhook(one.Secret)
		if err != nil {
			panic(err)
		}
		said := map[string]bool{
			"standardwebhooks": standard.Verify(one.Body, headers) == nil,
			"svix":             other.Verify(one.Body, headers) == nil,
			"v1a":              isVerifiedPublicly(one),
		}
		if err := json.NewEncoder(os.Stdout).Encode(said); err != nil {
			panic(err)
		}
	}
}

func isVerifiedPublicly(one message) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(one.PublicKey, "whpk_"))
	if err != nil {
		panic(err)
	}
	at, err := strconv.ParseInt(one.Headers["webhook-timestamp"], 10, 64)
	if err != nil || time.Since(time.Unix(at, 0)).Abs() > 5*time.Minute {
		return false
	}
	signed := bytes.Join([][]byte{
		[]byte(one.Headers["webhook-id"]), []byte(one.Headers["webhook-timestamp"]), one.Body,
	}, []byte("."))
	for _, entry := range strings.Split(one.Headers["webhook-signature"], " ") {
		signature, isAsymmetric := strings.CutPrefix(entry, "v1a,")
		octets, err := base64.StdEncoding.DecodeString(signature)
		if isAsymmetric && err == nil && ed25519.Verify(key, signed, octets) {
			return true
		}
	}
	return false
}
