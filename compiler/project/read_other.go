//go:build !unix

package project

import "os"

// appendFile adds what a file holds.
func appendFile(dst []byte, path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	return append(dst, b...), err
}
