//go:build unix

package project

import (
	"io/fs"
	"syscall"
)

// appendFile adds what a file holds. It asks the system for nothing but that: package os
// looks at each file first and tries to watch it, which doubles the calls, and those are
// most of what reading a large project costs.
func appendFile(dst []byte, path string) ([]byte, error) {
	var fd int
	err := again(func() (err error) {
		fd, err = syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
		return err
	})
	if err != nil {
		return dst, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer syscall.Close(fd)
	for {
		if len(dst) == cap(dst) {
			dst = append(dst, 0)[:len(dst)]
		}
		var n int
		err := again(func() (err error) {
			n, err = syscall.Read(fd, dst[len(dst):cap(dst)])
			return err
		})
		if err != nil {
			return dst, &fs.PathError{Op: "read", Path: path, Err: err}
		}
		if n <= 0 {
			return dst, nil
		}
		dst = dst[:len(dst)+n]
	}
}

// again makes a call once more when a signal has broken it off.
func again(call func() error) error {
	for {
		if err := call(); err != syscall.EINTR {
			return err
		}
	}
}
