// The same operations as go_map.cpp beside it, on Go's own map.
package main

import (
	"flag"
	"fmt"
	"runtime"
	"time"
)

// The C++ program's keys: splitmix64 of the index, or the index itself.
func key(i int64, order string) int64 {
	if order == "ascending" {
		return i
	}
	z := uint64(i)*0x9e3779b97f4a7c15 + 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return int64(z ^ z>>31)
}

var sink uint64

type small = int64
type large = [128]byte

func report(order string, value, count int, op string, spent time.Duration, operations int) {
	fmt.Printf("{\"map\":\"go\",\"order\":\"%s\",\"value\":%d,\"count\":%d,\"op\":\"%s\",\"ns\":%.2f}\n",
		order, value, count, op, float64(spent.Nanoseconds())/float64(operations))
}

// Written out for each value, not generic: Go 1.19 gives a generic function the slow map calls.
func measureSmall(order string, count int, stride int) {
	keys := make([]int64, count)
	misses := make([]int64, count)
	for i := range keys {
		keys[i] = key(int64(i), order)
		misses[i] = key(int64(i+count), order)
	}
	rounds := 2000000 / count
	if rounds > 40 {
		rounds = 40
	}
	var insert, hit, miss, erase time.Duration
	for r := 0; r < rounds; r++ {
		runtime.GC()
		start := time.Now()
		m := make(map[int64]small)
		for _, k := range keys {
			m[k] = k
		}
		insert += time.Since(start)

		// Every key once, in an order that is not the one of insertion.
		start = time.Now()
		at := 0
		for range keys {
			if v, ok := m[keys[at]]; ok {
				sink += uint64(v)
			}
			at += stride
			if at >= count {
				at -= count
			}
		}
		hit += time.Since(start)

		start = time.Now()
		for _, k := range misses {
			if _, ok := m[k]; ok {
				sink++
			}
		}
		miss += time.Since(start)

		start = time.Now()
		at = 0
		for range keys {
			delete(m, keys[at])
			at += stride
			if at >= count {
				at -= count
			}
		}
		erase += time.Since(start)
		sink += uint64(len(m))
	}
	operations := rounds * count
	report(order, 8, count, "insert", insert, operations)
	report(order, 8, count, "hit", hit, operations)
	report(order, 8, count, "miss", miss, operations)
	report(order, 8, count, "erase", erase, operations)
}

func measureLarge(order string, count int, stride int) {
	keys := make([]int64, count)
	misses := make([]int64, count)
	for i := range keys {
		keys[i] = key(int64(i), order)
		misses[i] = key(int64(i+count), order)
	}
	rounds := 2000000 / count
	if rounds > 40 {
		rounds = 40
	}
	var insert, hit, miss, erase time.Duration
	for r := 0; r < rounds; r++ {
		runtime.GC()
		start := time.Now()
		m := make(map[int64]large)
		for _, k := range keys {
			m[k] = large{byte(k)}
		}
		insert += time.Since(start)

		// Every key once, in an order that is not the one of insertion.
		start = time.Now()
		at := 0
		for range keys {
			if v, ok := m[keys[at]]; ok {
				sink += uint64(v[0])
			}
			at += stride
			if at >= count {
				at -= count
			}
		}
		hit += time.Since(start)

		start = time.Now()
		for _, k := range misses {
			if _, ok := m[k]; ok {
				sink++
			}
		}
		miss += time.Since(start)

		start = time.Now()
		at = 0
		for range keys {
			delete(m, keys[at])
			at += stride
			if at >= count {
				at -= count
			}
		}
		erase += time.Since(start)
		sink += uint64(len(m))
	}
	operations := rounds * count
	report(order, 128, count, "insert", insert, operations)
	report(order, 128, count, "hit", hit, operations)
	report(order, 128, count, "miss", miss, operations)
	report(order, 128, count, "erase", erase, operations)
}

func main() {
	order := flag.String("order", "mixed", "mixed or ascending")
	value := flag.Int("value", 8, "bytes: 8 or 128")
	count := flag.Int("count", 10000, "elements")
	flag.Parse()
	stride := *count*618/1000 | 1
	for *count%stride == 0 || gcd(*count, stride) != 1 {
		stride += 2
	}
	if *value == 8 {
		measureSmall(*order, *count, stride)
	} else {
		measureLarge(*order, *count, stride)
	}
	if sink == 1 {
		fmt.Println(sink)
	}
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
