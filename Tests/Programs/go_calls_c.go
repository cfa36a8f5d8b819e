// go_calls_c HOW: goroutines that are in C code.
// HOW is running (main.callC, work, leaf), asleep (main.callC, nap), alternating (main.first or main.second, the same C code
// called from the same depth), back (main.callC, call_back, main.goCallback, work, leaf), nested (main.callC,
// call_nested, goNested, call_back, goCallback, work, leaf), clock (main.readClock) or allocating (main.allocate,
// runtime.systemstack). They stay on the main thread: what is known of a thread's stacks is of no use for another's.
package main

// #include <unistd.h>
// extern void goCallback(void);
// extern void goNested(void);
// static volatile long sink;
// static __attribute__((noinline)) void leaf(long count) { for (long i = 0; i < count; i++) sink++; sink++; }
// static __attribute__((noinline)) void work(long count) { leaf(count); sink++; }
// static __attribute__((noinline)) void nap(void) { for (;;) { pause(); sink++; } }
// static __attribute__((noinline)) void call_back(void) { goCallback(); sink++; }
// static __attribute__((noinline)) void call_nested(void) { goNested(); sink++; }
import "C"

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"
)

const count = 2000000

//go:noinline
func callC(how string) {
	switch how {
	case "running":
		C.work(count)
	case "asleep":
		C.nap()
	case "back":
		C.call_back()
	case "nested":
		C.call_nested()
	}
}

//export goCallback
func goCallback() { C.work(count) }

//export goNested
func goNested() { C.call_back() }

//go:noinline
func first() { C.work(count) }

//go:noinline
func second() { C.work(count) }

//go:noinline
func readClock() int64 {
	sum := int64(0)
	for i := 0; i < 100000; i++ {
		sum += time.Now().UnixNano() & 1
	}
	return sum
}

var kept []byte

//go:noinline
func allocate() { kept = make([]byte, 1<<20) }

func main() {
	// prctl(PR_SET_PDEATHSIG, SIGKILL)
	syscall.RawSyscall(syscall.SYS_PRCTL, 1, 9, 0)
	runtime.LockOSThread()
	fmt.Println("ready")
	sum := int64(0)
	for sum >= 0 {
		switch os.Args[1] {
		case "alternating":
			first()
			second()
		case "clock":
			sum += readClock()
		case "allocating":
			allocate()
		default:
			callC(os.Args[1])
		}
	}
}
