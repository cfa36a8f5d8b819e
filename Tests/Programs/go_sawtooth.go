// Garbage piles up to 32 MiB and is collected, for good.
package main

import (
	"fmt"
	"time"
)

var sink [][]byte

func main() {
	fmt.Println("ready")
	for {
		sink = nil
		for len(sink) < 128 {
			block := make([]byte, 256<<10)
			for offset := 0; offset < len(block); offset += 4096 {
				block[offset] = 1
			}
			sink = append(sink, block)
			time.Sleep(5 * time.Millisecond)
		}
	}
}
