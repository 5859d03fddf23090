// A webhook receiver: it verifies each message, and does its work once however often the message comes.
//
//	cd examples/go
//	WEBHOOK_SECRET=whsec_… go run . 9000
//
// The secret is the one that `createWebhookEndpoint` answered. The port is an argument; 0 takes a free one.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const bodyBytesMax = 1_000_000

type message struct {
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

// doYourWork is where your own code goes.
func doYourWork(received message) error {
	fmt.Printf("%s %s\n", received.Type, received.Data)
	return nil
}

// once does the work unless this id was seen before. If the work fails, the id is not kept, and a retry does it again.
// A file for each id shows the idea. In a real receiver, insert the id into a table, in the same transaction as the work.
func once(folder, id string, work func() error) (bool, error) {
	seen := filepath.Join(folder, filepath.Base(id))
	file, err := os.OpenFile(seen, os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	file.Close()
	if err := work(); err != nil {
		os.Remove(seen)
		return false, err
	}
	return true, nil
}

func main() {
	webhook, err := standardwebhooks.NewWebhook(os.Getenv("WEBHOOK_SECRET"))
	if err != nil {
		log.Fatal("WEBHOOK_SECRET is no secret of a webhook endpoint: ", err)
	}
	folder := os.Getenv("SEEN_FOLDER")
	if folder == "" {
		folder = "seen-webhooks"
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		log.Fatal(err)
	}
	port := "9000"
	if len(os.Args) > 1 {
		port = os.Args[1]
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s/\n", listener.Addr())
	server := http.Server{Handler: receiver(webhook, folder), ReadTimeout: 30 * time.Second}
	log.Fatal(server.Serve(listener))
}

// receiver answers 204 to what verifies (repeats included) and 400 to all else.
func receiver(webhook *standardwebhooks.Webhook, folder string) http.HandlerFunc {
	return func(answer http.ResponseWriter, request *http.Request) {
		// The exact bytes are what is signed: verify before parsing.
		body, err := io.ReadAll(http.MaxBytesReader(answer, request.Body, bodyBytesMax))
		if err == nil {
			err = webhook.Verify(body, request.Header)
		}
		var received message
		if err == nil {
			err = json.Unmarshal(body, &received)
		}
		if err != nil {
			fmt.Println("refused:", err)
			answer.WriteHeader(http.StatusBadRequest)
			return
		}
		id := request.Header.Get("webhook-id")
		isNew, err := once(folder, id, func() error { return doYourWork(received) })
		if err != nil {
			log.Print(err)
			answer.WriteHeader(http.StatusInternalServerError)
			return
		}
		if !isNew {
			fmt.Println("repeat of", id)
		}
		answer.WriteHeader(http.StatusNoContent)
	}
}
