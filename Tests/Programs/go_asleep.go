// Goroutines that come and go from sleep, on threads of their own (locked, in system calls) and on the runtime's.
package main

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"
)

//go:noinline
func descend(depth int, action func()) int {
	var memory [64]int
	memory[depth%64] = depth
	if depth == 0 {
		action()
		return 1
	}
	return descend(depth-1, action) + memory[depth%64]
}

//go:noinline
func sleepInKernel() {
	time := syscall.Timespec{Nsec: 20000000}
	syscall.Nanosleep(&time, nil)
}

//go:noinline
func selectInKernel() {
	time := syscall.Timeval{Usec: 20000}
	syscall.Select(0, nil, nil, nil, &time)
}

func loop(action func()) {
	runtime.LockOSThread()
	for depth := 0; ; depth++ {
		descend(depth%20, action)
	}
}

func main() {
	// prctl(PR_SET_PDEATHSIG, SIGKILL)
	syscall.RawSyscall(syscall.SYS_PRCTL, 1, 9, 0)
	reader, writer, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	var mutex sync.Mutex
	channel := make(chan int)
	go loop(sleepInKernel)
	go loop(selectInKernel)
	go loop(func() { <-channel })
	go loop(func() { reader.Read(make([]byte, 1)) })
	go loop(func() { mutex.Lock(); time.Sleep(time.Millisecond); mutex.Unlock() })
	go loop(func() { mutex.Lock(); time.Sleep(time.Millisecond); mutex.Unlock() })
	go func() {
		for {
			time.Sleep(7 * time.Millisecond)
			channel <- 1
			writer.Write([]byte{1})
		}
	}()
	fmt.Println("ready")
	for {
		time.Sleep(10 * time.Millisecond)
		runtime.GC()
	}
}
