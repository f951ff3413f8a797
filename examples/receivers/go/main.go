// A VOVE ID webhook endpoint: Go's standard library, the signature verified by hand.
// Save as:  main.go
// Needs:    a C compiler, for SQLite
// Install:  go mod init example.com/receiver && go get github.com/mattn/go-sqlite3@v1.14.16
// Start:    go build -o receiver . && ./receiver
// Settings: VOVE_WEBHOOK_SECRET (one signing secret, or several while one replaces another), PORT
//           (3000), DATABASE (webhooks.db).
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	_ "github.com/mattn/go-sqlite3"
)

const tolerance = 5 * time.Minute

// The keys of VOVE_WEBHOOK_SECRET: more than one secret, separated by spaces, while an old one is
// being replaced.
func signingKeys(secrets string) (keys [][]byte) {
	for _, secret := range strings.Fields(secrets) {
		encoded := strings.TrimRight(strings.TrimPrefix(secret, "whsec_"), "=")
		key, err := base64.RawStdEncoding.DecodeString(encoded)
		if err != nil || len(key) == 0 {
			log.Fatal("VOVE_WEBHOOK_SECRET holds something that is no signing secret")
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		log.Fatal("VOVE_WEBHOOK_SECRET is not set")
	}
	return keys
}

// The id of a genuine message; body is the exact bytes that arrived.
func verify(keys [][]byte, header http.Header, body []byte) (id string, ok bool) {
	family := "Webhook"
	if header.Get("Svix-Id") != "" {
		family = "Svix"
	}
	id, timestamp := header.Get(family+"-Id"), header.Get(family+"-Timestamp")
	seconds, err := strconv.ParseUint(timestamp, 10, 37)
	age := time.Now().Unix() - int64(seconds)
	if id == "" || err != nil || age > int64(tolerance.Seconds()) || -age > int64(tolerance.Seconds()) {
		return "", false
	}
	for _, key := range keys {
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%s.%s", id, timestamp, body)
		expected := []byte("v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		// While VOVE ID replaces the secret there are several signatures; one match is enough.
		for _, signature := range strings.Split(header.Get(family+"-Signature"), " ") {
			if hmac.Equal([]byte(signature), expected) {
				return id, true
			}
		}
	}
	return "", false
}

const schema = `
	CREATE TABLE IF NOT EXISTS messages (id TEXT PRIMARY KEY);
	CREATE TABLE IF NOT EXISTS cases (ref_id TEXT PRIMARY KEY, status TEXT, stage INTEGER);
	CREATE TABLE IF NOT EXISTS jobs (ref_id TEXT, status TEXT);`
const setStatus = `
	INSERT INTO cases VALUES (?, ?, ?)
	ON CONFLICT (ref_id) DO UPDATE SET status = excluded.status, stage = excluded.stage
	WHERE excluded.stage >= stage AND excluded.status <> status`

// Deliveries may arrive late: one of an earlier stage never takes a case back.
var stages = map[string]int{
	"IN_PROGRESS": 1, "IN_REVIEW": 2, "COMPLETED": 3, "REJECTED": 3,
	"in_progress": 1, "pending": 2, "successful": 3, "suspected": 3,
}

// Id and effect in one transaction: a crash keeps both or neither, a duplicate does nothing.
func store(db *sql.DB, id string, payload any) error {
	transaction, err := db.Begin()
	if err != nil {
		return err
	}
	defer transaction.Rollback()
	added, err := transaction.Exec("INSERT OR IGNORE INTO messages VALUES (?)", id)
	if err != nil {
		return err
	}
	if count, _ := added.RowsAffected(); count > 0 {
		if err := apply(transaction, payload); err != nil {
			return err
		}
	}
	return transaction.Commit()
}

// Statuses and fields that are new to us change nothing, and are no reason to refuse.
func apply(transaction *sql.Tx, payload any) error {
	fields, _ := payload.(map[string]any)
	refID, isText := fields["refId"].(string)
	status, _ := fields["status"].(string)
	stage, known := stages[status]
	if !isText || !known {
		return nil
	}
	changed, err := transaction.Exec(setStatus, refID, status, stage)
	if err != nil {
		return err
	}
	if count, _ := changed.RowsAffected(); count > 0 {
		// Slow work (mail, other services) is only queued: the answer does not wait for it.
		_, err = transaction.Exec("INSERT INTO jobs VALUES (?, ?)", refID, status)
	}
	return err
}

func receive(keys [][]byte, db *sql.DB, request *http.Request) int {
	if request.Method != http.MethodPost {
		return http.StatusMethodNotAllowed
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, request.Body, 1_000_000))
	if err != nil {
		return http.StatusRequestEntityTooLarge
	}
	id, ok := verify(keys, request.Header, body)
	if !ok {
		return http.StatusUnauthorized
	}
	var payload any
	if json.Unmarshal(body, &payload) != nil {
		return http.StatusBadRequest
	}
	if err := store(db, id, payload); err != nil {
		log.Print(err)
		return http.StatusInternalServerError // VOVE ID tries again
	}
	return http.StatusOK
}

func env(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func main() {
	keys := signingKeys(os.Getenv("VOVE_WEBHOOK_SECRET"))
	db, err := sql.Open("sqlite3", "file:"+env("DATABASE", "webhooks.db")+"?_txlock=immediate&_busy_timeout=5000")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := db.Exec(schema); err != nil {
		log.Fatal(err)
	}
	handler := func(response http.ResponseWriter, request *http.Request) {
		response.WriteHeader(receive(keys, db, request))
	}
	http.HandleFunc("/webhooks/vove-kyb", handler)
	http.HandleFunc("/webhook-endpoint", handler)
	listener, err := net.Listen("tcp", "127.0.0.1:"+env("PORT", "3000"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	server := http.Server{ReadTimeout: 15 * time.Second}
	log.Fatal(server.Serve(listener))
}
