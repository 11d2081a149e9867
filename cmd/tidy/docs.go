package main

import (
	"go/ast"
	"go/token"
	"strings"
	"unicode"
)

// checkDoc checks that what d exports is documented. Constants and variables in a group may share the comment of
// the group.
func (c *checker) checkDoc(f *file, d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && (d.Recv == nil || ast.IsExported(receiver(d))) {
			c.checkComment(f, d.Name, d.Doc)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			c.checkSpec(f, d, spec)
		}
	}
}

// checkSpec checks one type, or one line of constants or variables.
func (c *checker) checkSpec(f *file, d *ast.GenDecl, spec ast.Spec) {
	grouped := d.Lparen != token.NoPos
	switch s := spec.(type) {
	case *ast.TypeSpec:
		doc := s.Doc
		if !grouped {
			doc = d.Doc
		}
		if s.Name.IsExported() {
			c.checkComment(f, s.Name, doc)
		}
	case *ast.ValueSpec:
		for _, name := range s.Names {
			switch {
			case !name.IsExported():
			case !grouped:
				c.checkComment(f, name, d.Doc)
			case d.Doc == nil && s.Doc == nil && s.Comment == nil:
				c.at(f, name.Pos(), ruleDoc, name.Name+" has no comment, and neither has its group")
			}
		}
	}
}

// checkComment checks that doc begins with name. There may be an article before it.
func (c *checker) checkComment(f *file, name *ast.Ident, doc *ast.CommentGroup) {
	if doc == nil {
		c.at(f, name.Pos(), ruleDoc, name.Name+" has no comment")
		return
	}
	words := strings.FieldsFunc(doc.Text(), func(r rune) bool {
		return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	if len(words) > 1 && (words[0] == "A" || words[0] == "An" || words[0] == "The") {
		words = words[1:]
	}
	if len(words) == 0 || words[0] != name.Name {
		c.at(f, name.Pos(), ruleDoc, "the comment of "+name.Name+" does not begin with it")
	}
}

// receiver returns the name of the type that the method d belongs to.
func receiver(d *ast.FuncDecl) string {
	t := d.Recv.List[0].Type
	for {
		switch u := t.(type) {
		case *ast.StarExpr:
			t = u.X
		case *ast.ParenExpr:
			t = u.X
		case *ast.IndexExpr:
			t = u.X
		case *ast.IndexListExpr:
			t = u.X
		case *ast.Ident:
			return u.Name
		default:
			return ""
		}
	}
}
