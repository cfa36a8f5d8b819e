// Goroutines: one that computes in main.computeChecksum (below main.(*worker).handle and main.serve), and others blocked
// on a channel, a mutex, a timer and a pipe.
package main

import (
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"
)

var result uint64

//go:noinline
func computeChecksum(seed uint64) uint64 {
	for step := 0; step < 100000; step++ {
		seed = seed*6364136223846793005 + 1442695040888963407
	}
	return seed
}

type worker struct{ rounds uint64 }

//go:noinline
func (w *worker) handle(seed uint64) uint64 {
	answer := computeChecksum(seed)
	w.rounds++
	return answer + w.rounds
}

//go:noinline
func serve(w *worker) {
	for {
		result = w.handle(result)
	}
}

//go:noinline
func blockedOnChannel(channel chan int) { <-channel }

//go:noinline
func blockedOnMutex(mutex *sync.Mutex) { mutex.Lock() }

//go:noinline
func blockedOnTimer() { time.Sleep(24 * time.Hour) }

//go:noinline
func blockedOnRead(file *os.File) { file.Read(make([]byte, 1)) }

func main() {
	// prctl(PR_SET_PDEATHSIG, SIGKILL)
	syscall.RawSyscall(syscall.SYS_PRCTL, 1, 9, 0)
	var mutex sync.Mutex
	mutex.Lock()
	reader, writer, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	defer writer.Close()
	go blockedOnChannel(make(chan int))
	go blockedOnMutex(&mutex)
	go blockedOnTimer()
	go blockedOnRead(reader)
	fmt.Println("ready")
	serve(&worker{})
}
