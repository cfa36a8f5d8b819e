// Goroutines that compute, allocate, wait and call into C.
package main

/*
#include <stdlib.h>
static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
static int sorted(int seed) {
    int values[256];
    for (int i = 0; i < 256; i++) values[i] = seed = seed * 1103515245 + 12345;
    qsort(values, 256, sizeof *values, compare);
    return values[0];
}
*/
import "C"

import (
	"encoding/json"
	"fmt"
	"regexp"
	"sort"
	"strings"
	"sync"
	"time"
)

type item struct {
	Name  string
	Parts map[string][]int
}

func encode(round int) {
	value := item{fmt.Sprint("item", round), map[string][]int{}}
	for i := 0; i < 50; i++ {
		value.Parts[fmt.Sprint(i)] = []int{i, round, i * round}
	}
	text, _ := json.Marshal(value)
	var back item
	_ = json.Unmarshal(text, &back)
}

func search(pattern *regexp.Regexp, text string) {
	words := pattern.FindAllString(text, -1)
	sort.Strings(words)
}

func main() {
	text := strings.Repeat("the quick brown fox 123 jumps over 4567 dogs; ", 40)
	pattern := regexp.MustCompile(`(\w+) (\d+)`)
	var lock sync.Mutex
	for worker := 0; worker < 3; worker++ {
		go func(worker int) {
			for round := 0; ; round++ {
				switch worker {
				case 0:
					encode(round)
				case 1:
					search(pattern, text)
				default:
					_ = C.sorted(C.int(round))
				}
				lock.Lock()
				lock.Unlock()
			}
		}(worker)
	}
	for {
		time.Sleep(time.Millisecond)
	}
}
