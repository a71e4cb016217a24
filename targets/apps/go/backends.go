// The endpoints that ask the delay service, on Go: with net/http's client, and over a bare connection.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// As many connections as it may keep: with its 2, the client would close the others after one answer.
const kept = 100

var client = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: kept}}

func waitByClient(ms int) error {
	answered, err := client.Get(fmt.Sprintf("%s/?ms=%d", os.Getenv("DELAYS_URL"), ms))
	if err != nil {
		return err
	}
	defer answered.Body.Close()
	if answered.StatusCode != http.StatusOK {
		return errors.New("the delay service answered " + answered.Status)
	}
	_, err = io.Copy(io.Discard, answered.Body)
	return err
}

type connection struct {
	net.Conn
	received *bufio.Reader
}

var spare = make(chan connection, kept)

// What delays/with_sockets.py is to threads: a connection and nothing else, kept for the next request.
func waitBare(ms int) error {
	using, err := connect()
	if err != nil {
		return err
	}
	if err := using.exchange(ms); err != nil {
		using.Close()
		return err
	}
	select {
	case spare <- using:
	default:
		using.Close()
	}
	return nil
}

func connect() (connection, error) {
	select {
	case using := <-spare:
		return using, nil
	default:
	}
	opened, err := net.Dial("tcp", strings.TrimPrefix(os.Getenv("DELAYS_URL"), "http://"))
	return connection{opened, bufio.NewReader(opened)}, err
}

func (c connection) exchange(ms int) error {
	if _, err := fmt.Fprintf(c, "GET /?ms=%d HTTP/1.1\r\nHost: delays\r\n\r\n", ms); err != nil {
		return err
	}
	status, err := c.received.ReadString('\n')
	if err == nil && !strings.HasPrefix(status, "HTTP/1.1 200 ") {
		err = errors.New("the delay service answered " + strings.TrimSpace(status))
	}
	length := 0
	for line := status; err == nil && line != "\r\n"; {
		if line, err = c.received.ReadString('\n'); err == nil {
			if value, found := strings.CutPrefix(strings.ToLower(line), "content-length:"); found {
				length, err = strconv.Atoi(strings.TrimSpace(value))
			}
		}
	}
	if err == nil {
		_, err = c.received.Discard(length)
	}
	return err
}

func delayed(wait func(int) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ms, err := wholeNumber(r.URL.Query(), "ms", 0, maxMs)
		if err != nil {
			refuse(w, http.StatusBadRequest, err.Error())
			return
		}
		if err := wait(ms); err != nil {
			refuse(w, http.StatusBadGateway, err.Error())
			return
		}
		answer(w, http.StatusOK, map[string]int{"waited_ms": ms})
	}
}

func addBackends(paths *http.ServeMux) {
	paths.HandleFunc("/delay", get(delayed(waitByClient)))
	paths.HandleFunc("/delay/bare", get(delayed(waitBare)))
}
