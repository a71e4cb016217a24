// The contract on Go's net/http, without a framework: a reference from outside Python.
//
// Each connection has a goroutine: there is no event loop, and a wait of either kind parks the goroutine alone.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"sync/atomic"
	"time"
)

const (
	maxSteps = 10_000_000
	maxMs    = 10_000
	idle     = 75 * time.Second
)

var errMissing = errors.New("the parameter is missing")

var served atomic.Int64

type computed struct {
	Steps  int    `json:"steps"`
	Digest string `json:"digest"`
}

func wholeNumber(query url.Values, name string, least, most int) (int, error) {
	if !query.Has(name) {
		return 0, fmt.Errorf("%s: %w", name, errMissing)
	}
	number, err := strconv.Atoi(query.Get(name))
	if err != nil {
		return 0, fmt.Errorf("%s: not a whole number", name)
	}
	if number < least || number > most {
		return 0, fmt.Errorf("%s: not between %d and %d", name, least, most)
	}
	return number, nil
}

// The generator of work.py; arithmetic on uint32 is modulo 2**32, as its mask is.
func spin(steps int) computed {
	state := uint32(0)
	for range steps {
		state = 1_664_525*state + 1_013_904_223
	}
	return computed{steps, fmt.Sprintf("%08x", state)}
}

func answer(w http.ResponseWriter, status int, document any) {
	body, err := json.Marshal(document)
	if err != nil {
		panic(err) // no document of the contract is without a form in JSON
	}
	w.Header().Set("content-type", "application/json")
	w.WriteHeader(status)
	w.Write(body)
}

func refuse(w http.ResponseWriter, status int, text string) {
	answer(w, status, map[string]string{"error": text})
}

func plain(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("content-type", "text/plain; charset=utf-8")
	w.Write([]byte("Hello, World!"))
}

func greet(w http.ResponseWriter, r *http.Request) {
	answer(w, http.StatusOK, map[string]string{"message": "Hello, World!"})
}

func cpu(w http.ResponseWriter, r *http.Request) {
	steps, err := wholeNumber(r.URL.Query(), "steps", 0, maxSteps)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	answer(w, http.StatusOK, spin(steps))
}

func wait(w http.ResponseWriter, r *http.Request) {
	ms, err := wholeNumber(r.URL.Query(), "ms", 0, maxMs)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	time.Sleep(time.Duration(ms) * time.Millisecond)
	answer(w, http.StatusOK, map[string]int{"waited_ms": ms})
}

func count(w http.ResponseWriter, r *http.Request) {
	answer(w, http.StatusOK, map[string]int64{"pid": int64(os.Getpid()), "count": served.Load()})
}

func notFound(w http.ResponseWriter, r *http.Request) {
	refuse(w, http.StatusNotFound, "Not Found")
}

// A pattern "GET /plain" would refuse other methods too, but in plain text.
func only(method string, handler http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != method {
			w.Header().Set("allow", method)
			refuse(w, http.StatusMethodNotAllowed, "Method Not Allowed")
			return
		}
		handler(w, r)
	}
}

func get(handler http.HandlerFunc) http.HandlerFunc {
	return only(http.MethodGet, handler)
}

func post(handler http.HandlerFunc) http.HandlerFunc {
	return only(http.MethodPost, handler)
}

func main() {
	paths := http.NewServeMux()
	paths.HandleFunc("/plain", get(plain))
	paths.HandleFunc("/json", get(greet))
	paths.HandleFunc("/cpu", get(cpu))
	paths.HandleFunc("/wait/blocking", get(wait))
	paths.HandleFunc("/wait/cooperative", get(wait))
	paths.HandleFunc("/count", get(count))
	addParts(paths)
	addBackends(paths)
	paths.HandleFunc("/", notFound)

	worker := strconv.Itoa(os.Getpid())
	named := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		served.Add(1)
		w.Header().Set("x-served-by", worker)
		paths.ServeHTTP(w, r)
	})
	server := &http.Server{Addr: os.Args[1], Handler: named, IdleTimeout: idle}
	log.Fatal(server.ListenAndServe())
}
