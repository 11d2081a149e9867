package main

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"schism/scenarios"
)

// listed is one scenario in the JSON output of list.
type listed struct {
	Name    string   `json:"name"`
	Doc     string   `json:"doc"`
	Servers int      `json:"servers"`
	Clients int      `json:"clients"`
	Seconds float64  `json:"virtual_s"`
	Marks   []string `json:"marks"`
	Mutant  bool     `json:"mutant"`
}

func newList() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List the scenarios",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if asJSON {
				return listJSON(c)
			}
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, s := range scenarios.All {
				fmt.Fprintf(w, "%s\t%s\n", s.Name, s.Doc)
			}
			return w.Flush()
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print an array of objects")
	return c
}

func listJSON(c *cobra.Command) error {
	all := []listed{}
	for _, s := range scenarios.All {
		all = append(all, listed{Name: s.Name, Doc: s.Doc, Servers: s.Servers, Clients: s.Clients,
			Seconds: s.Length().Seconds(), Marks: append([]string{}, s.Want...), Mutant: s.Mutant()})
	}
	enc := json.NewEncoder(c.OutOrStdout())
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(all)
}
