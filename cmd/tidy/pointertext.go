package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"regexp"
)

// verbPattern matches one verb of a format; its group is the letter.
var verbPattern = regexp.MustCompile(`%[-+# 0]*[0-9]*(?:\.[0-9]*)?([a-zA-Z%])`)

// addressVerb matches the verb that prints an address.
var addressVerb = regexp.MustCompile(`%[-+# 0]*[0-9]*p`)

// checkPointerText finds texts that are made of addresses.
func (c *checker) checkPointerText(f *file, n ast.Node) {
	switch n := n.(type) {
	case *ast.BasicLit:
		if n.Kind == token.STRING && addressVerb.MatchString(n.Value) {
			c.at(f, n.Pos(), rulePointerText, "%p")
		}
	case *ast.CallExpr:
		c.checkPrinted(f, n)
	}
}

// checkPrinted looks at the arguments of a call that prints: of a function that ends in ...any.
func (c *checker) checkPrinted(f *file, call *ast.CallExpr) {
	sig, ok := f.typeOf(call.Fun).(*types.Signature)
	if !ok || !sig.Variadic() || call.Ellipsis.IsValid() {
		return
	}
	fixed := sig.Params().Len() - 1
	last, ok := sig.Params().At(fixed).Type().(*types.Slice)
	if !ok {
		return
	}
	if i, ok := last.Elem().Underlying().(*types.Interface); !ok || !i.Empty() || len(call.Args) < fixed {
		return
	}
	verbs := ""
	if fixed > 0 {
		verbs = verbsOf(f, call.Args[fixed-1])
	}
	for i, arg := range call.Args[fixed:] {
		if i < len(verbs) && verbs[i] == 'T' {
			continue
		}
		if t := f.typeOf(arg); t != nil && printsAddress(t, true, 0) {
			c.at(f, arg.Pos(), rulePointerText, "printing a "+types.TypeString(t, (*types.Package).Name))
		}
	}
}

// verbsOf returns the letters of the verbs of a constant format, or "".
func verbsOf(f *file, format ast.Expr) string {
	if f.info == nil {
		return ""
	}
	v := f.info.Types[format].Value
	if v == nil || v.Kind() != constant.String {
		return ""
	}
	var verbs []byte
	for _, m := range verbPattern.FindAllStringSubmatch(constant.StringVal(v), -1) {
		if m[1] != "%" {
			verbs = append(verbs, m[1][0])
		}
	}
	return string(verbs)
}

// maxPrintDepth bounds how far into a type printsAddress looks: types can contain themselves.
const maxPrintDepth = 6

// printsAddress reports whether fmt prints a value of t, or of something within it, as an address. It does so with
// functions, channels and pointers, except a pointer to a composite that is not within another value. Values that
// can be asked print themselves, unless they are in fields that are not exported.
func printsAddress(t types.Type, canAsk bool, depth int) bool {
	if depth > maxPrintDepth || canAsk && printsItself(t) {
		return false
	}
	switch u := t.Underlying().(type) {
	case *types.Signature, *types.Chan:
		return true
	case *types.Basic:
		return u.Kind() == types.UnsafePointer
	case *types.Pointer:
		switch u.Elem().Underlying().(type) {
		case *types.Struct, *types.Slice, *types.Array, *types.Map:
			return depth > 0 || printsAddress(u.Elem(), canAsk, depth+1)
		}
		return true
	case *types.Slice:
		return printsAddress(u.Elem(), canAsk, depth+1)
	case *types.Array:
		return printsAddress(u.Elem(), canAsk, depth+1)
	case *types.Map:
		return printsAddress(u.Key(), canAsk, depth+1) || printsAddress(u.Elem(), canAsk, depth+1)
	case *types.Struct:
		for field := range u.Fields() {
			if printsAddress(field.Type(), canAsk && field.Exported(), depth+1) {
				return true
			}
		}
	}
	return false
}

// printsItself reports whether t has a method that fmt asks for its text.
func printsItself(t types.Type) bool {
	for method := range types.NewMethodSet(t).Methods() {
		switch method.Obj().Name() {
		case "String", "Error", "Format":
			return true
		}
	}
	return false
}
