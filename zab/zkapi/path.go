package zkapi

import (
	"errors"
	"fmt"
	"strings"
)

// ErrPath is wrapped by every error of CheckPath.
var ErrPath = errors.New("no path")

// CheckPath returns what is wrong with path as the name of a znode (PathUtils.validatePath). A path
//
//  1. begins with a slash, and does not end with one unless it is "/", the root;
//  2. has no empty name and none that is "." or "..";
//  3. has no control characters, surrogates, private or special characters, nor anything that is not UTF-8 (which
//     reads as a special character).
func CheckPath(path string) error {
	switch {
	case path == "":
		return fmt.Errorf("%w: empty", ErrPath)
	case path[0] != '/':
		return fmt.Errorf("%w: %q does not start with /", ErrPath, path)
	case path == "/":
		return nil
	case path[len(path)-1] == '/':
		return fmt.Errorf("%w: %q ends with /", ErrPath, path)
	}
	for rest := path[1:]; ; {
		name, more, found := strings.Cut(rest, "/")
		if name == "" || name == "." || name == ".." {
			return fmt.Errorf("%w: %q has the name %q", ErrPath, path, name)
		}
		if !found {
			break
		}
		rest = more
	}
	for i, r := range path {
		if r < ' ' || r >= 0x7f && !allowed(r) {
			return fmt.Errorf("%w: %q has an invalid character at %d", ErrPath, path, i)
		}
	}
	return nil
}

// allowed reports whether a path may have the character r, which is not ASCII or the last of ASCII.
func allowed(r rune) bool {
	return r > 0x9f && (r < 0xd800 || r > 0xf8ff) && (r < 0xfff0 || r > 0xffff)
}

// Parent returns the path of the parent of path, "/" for "/a" and for "/" itself. The path must be valid.
func Parent(path string) string {
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		return path[:i]
	}
	return "/"
}

// Base returns the last name of path, "b" for "/a/b" and "" for "/". The path must be valid.
func Base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
