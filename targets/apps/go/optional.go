// The optional endpoints of the contract on Go's net/http, with the limits of orders.py and streams.py.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"html/template"
	"io"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

const (
	maxBody       = 65_536
	maxQuantity   = 1_000_000
	maxPriceCents = 1_000_000_000
	maxPieces     = 10_000
	maxUpload     = 16 * 1024 * 1024
)

var done atomic.Int64

type order struct {
	Customer struct {
		Name  string `json:"name"`
		Email string `json:"email"`
	} `json:"customer"`
	Items []struct {
		Sku string `json:"sku"`
		// A pointer tells what is missing from what is 0.
		Quantity   *int `json:"quantity"`
		PriceCents *int `json:"price_cents"`
	} `json:"items"`
}

type receipt struct {
	Customer   string `json:"customer"`
	Items      int    `json:"items"`
	TotalCents int    `json:"total_cents"`
}

func (o order) receipt() (receipt, error) {
	if o.Customer.Name == "" {
		return receipt{}, errors.New("customer.name: not a text that says something")
	}
	if !strings.Contains(o.Customer.Email, "@") {
		return receipt{}, errors.New("customer.email: without @")
	}
	if len(o.Items) == 0 {
		return receipt{}, errors.New("items: not a list that holds something")
	}
	cents := 0
	for _, item := range o.Items {
		if item.Sku == "" {
			return receipt{}, errors.New("sku: not a text that says something")
		}
		if item.Quantity == nil || *item.Quantity < 1 || *item.Quantity > maxQuantity {
			return receipt{}, fmt.Errorf("quantity: not a whole number between 1 and %d", maxQuantity)
		}
		if item.PriceCents == nil || *item.PriceCents < 0 || *item.PriceCents > maxPriceCents {
			return receipt{}, fmt.Errorf("price_cents: not a whole number between 0 and %d", maxPriceCents)
		}
		cents += *item.Quantity * *item.PriceCents
	}
	return receipt{o.Customer.Name, len(o.Items), cents}, nil
}

func validated(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		refuseBody(w, err)
		return
	}
	var asked order
	if err := json.Unmarshal(body, &asked); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	answered, err := asked.receipt()
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	answer(w, http.StatusOK, answered)
}

func refuseBody(w http.ResponseWriter, err error) {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		refuse(w, http.StatusRequestEntityTooLarge, err.Error())
		return
	}
	refuse(w, http.StatusBadRequest, err.Error())
}

type fortune struct {
	ID      int
	Message string
}

var page = template.Must(template.New("fortunes").Parse(`<!DOCTYPE html>
<html>
<head><title>Fortunes</title></head>
<body>
<table>
<tr><th>id</th><th>message</th></tr>
{{range .}}<tr><td>{{.ID}}</td><td>{{.Message}}</td></tr>
{{end}}</table>
</body>
</html>`))

func fortunes(w http.ResponseWriter, r *http.Request) {
	rows := make([]fortune, 0, len(messages))
	for index, message := range messages {
		rows = append(rows, fortune{index + 1, message})
	}
	w.Header().Set("content-type", "text/html; charset=utf-8")
	page.Execute(w, rows)
}

// Sends each piece when it is there.
func pieces(name, contentType, format string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		count, err := wholeNumber(r.URL.Query(), name, 1, maxPieces)
		if err != nil {
			refuse(w, http.StatusBadRequest, err.Error())
			return
		}
		gapMs, err := wholeNumber(r.URL.Query(), "gap_ms", 0, maxMs)
		if err != nil {
			refuse(w, http.StatusBadRequest, err.Error())
			return
		}
		w.Header().Set("content-type", contentType)
		for number := range count {
			if number > 0 {
				time.Sleep(time.Duration(gapMs) * time.Millisecond)
			}
			if _, err := fmt.Fprintf(w, format, number); err != nil {
				return // the client has left
			}
			w.(http.Flusher).Flush()
		}
	}
}

func upload(w http.ResponseWriter, r *http.Request) {
	sum := crc32.NewIEEE()
	read, err := io.Copy(sum, http.MaxBytesReader(w, r.Body, maxUpload))
	if err != nil {
		refuseBody(w, err)
		return
	}
	answer(w, http.StatusOK, struct {
		Bytes int64  `json:"bytes"`
		Crc32 string `json:"crc32"`
	}{read, fmt.Sprintf("%08x", sum.Sum32())})
}

func background(w http.ResponseWriter, r *http.Request) {
	go done.Add(1)
	answer(w, http.StatusOK, map[string]bool{"accepted": true})
}

func tasksDone(w http.ResponseWriter, r *http.Request) {
	answer(w, http.StatusOK, map[string]int64{"pid": int64(os.Getpid()), "done": done.Load()})
}

func addParts(paths *http.ServeMux) {
	paths.HandleFunc("/validated", post(validated))
	paths.HandleFunc("/template", get(fortunes))
	paths.HandleFunc("/stream", get(pieces("chunks", "text/plain; charset=utf-8", "chunk %d\n")))
	paths.HandleFunc("/events", get(pieces("count", "text/event-stream", "data: %d\n\n")))
	paths.HandleFunc("/upload", post(upload))
	paths.HandleFunc("/background", post(background))
	paths.HandleFunc("/background/done", get(tasksDone))
}

// Those of pages.py.
var messages = []string{
	"A cache that is never wrong is a variable.",
	"A queue is a promise to be late.",
	"After the first retry comes the second.",
	"All clocks agree until they are asked.",
	"An average is where nobody lives.",
	"Every timeout is somebody else waiting.",
	"It was fast before it was measured.",
	"Locks are polite; lock holders are not.",
	"Nobody waits in a closed loop.",
	"Nothing is as permanent as a temporary file.",
	"<script>alert(1 && 2)</script>",
	"One connection is not a load.",
	"Ready is an answer, not a time.",
	"Somewhere a garbage collector is choosing the moment.",
	"The fastest answer is a wrong one.",
	"The last percent is most of the story.",
	"Threads share everything, the blame too.",
	"Two numbers that differ are not yet a difference.",
	"What is void is shown, and never ranked.",
	"フレームワークのベンチマーク",
}
