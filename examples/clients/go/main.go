// The story with genqlient. Build it with `go generate && go build`, and run it with
// QUAESTOR_URL=http://127.0.0.1:8000 QUAESTOR_API_KEY=… ./quaestor-example-genqlient
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/Khan/genqlient/graphql"
)

//go:generate go tool genqlient

type withKey struct{ key string }

func (transport withKey) RoundTrip(request *http.Request) (*http.Response, error) {
	request.Header.Set("Authorization", "API-Key "+transport.key)
	return http.DefaultTransport.RoundTrip(request)
}

type story struct {
	context context.Context
	client  graphql.Client
}

// refusal is what each error of the schema has.
type refusal interface {
	GetCode() ErrorCode
	GetMessage() string
}

func refused(answer any) error {
	if told, is := answer.(refusal); is {
		return fmt.Errorf("%s: %s", told.GetCode(), told.GetMessage())
	}
	return fmt.Errorf("unknown answer: %T", answer)
}

func text(value string) *string { return &value }

func gold(value string) MoneyInput { return MoneyInput{Value: value, Asset: "GOLD"} }

func (s story) createHolder(name string) (string, error) {
	answer, err := CreateHolder(s.context, s.client, CreateHolderInput{
		Party:          HolderPartyInput{Person: &PersonInput{Name: name}},
		IdempotencyKey: text("holder"),
	})
	if err != nil {
		return "", err
	}
	made, is := (*answer.CreateHolder).(*CreateHolderCreateHolderHolderSuccess)
	if !is {
		return "", refused(*answer.CreateHolder)
	}
	fmt.Printf("holder: %s\n", made.Holder.Name)
	return made.Holder.Id, nil
}

func (s story) issueLedger(holderID, key string) (IssueVirtualLedgerIssueVirtualLedgerLedgerSuccessLedger, error) {
	var none IssueVirtualLedgerIssueVirtualLedgerLedgerSuccessLedger
	answer, err := IssueVirtualLedger(s.context, s.client, IssueVirtualLedgerInput{
		Asset: "GOLD", HolderId: &holderID, IdempotencyKey: text(key),
	})
	if err != nil {
		return none, err
	}
	issued, is := (*answer.IssueVirtualLedger).(*IssueVirtualLedgerIssueVirtualLedgerLedgerSuccess)
	if !is {
		return none, refused(*answer.IssueVirtualLedger)
	}
	return issued.Ledger, nil
}

func (s story) credit(ledgerID string) error {
	answer, err := CreditVirtualLedger(s.context, s.client, VirtualMovementInput{
		IdempotencyKey: "credit", LedgerId: ledgerID, Amount: gold("10"),
	})
	if err != nil {
		return err
	}
	if _, is := (*answer.CreditVirtualLedger).(*CreditVirtualLedgerCreditVirtualLedgerTransferSuccess); !is {
		return refused(*answer.CreditVirtualLedger)
	}
	return nil
}

func (s story) transfer(debitID, creditID, value string) error {
	answer, err := PostTransfer(s.context, s.client, PostTransferInput{
		IdempotencyKey: "pay " + value, DebitId: debitID, CreditId: creditID, Amount: gold(value),
	})
	if err != nil {
		return err
	}
	switch told := (*answer.PostTransfer).(type) {
	case *PostTransferPostTransferTransferSuccess:
		fmt.Printf("transfer: %s, replayed: %t\n", told.Transfer.Amount.Value, told.Replayed)
	case *PostTransferPostTransferInsufficientFundsError:
		fmt.Printf("refused: %s, %s available\n", told.Code, told.Available.Value)
	default:
		return refused(told)
	}
	return nil
}

func (s story) readEntries(ledgerID string) error {
	var after *string
	for number := 1; ; number++ {
		answer, err := Entries(s.context, s.client, ledgerID, 2, after)
		if err != nil {
			return err
		}
		if answer.Ledger == nil {
			return errors.New("there is no such ledger")
		}
		var told []string
		for _, edge := range answer.Ledger.Entries.Edges {
			entry := edge.Node
			told = append(told, fmt.Sprintf("#%s %s %s", entry.Sequence, entry.Direction, entry.Amount.Value))
		}
		fmt.Printf("page %d: %s\n", number, strings.Join(told, ", "))
		page := answer.Ledger.Entries.PageInfo
		if !page.HasNextPage {
			return nil
		}
		after = page.EndCursor
	}
}

func (s story) tell() error {
	holderID, err := s.createHolder("Ada Lovelace")
	if err != nil {
		return err
	}
	payer, err := s.issueLedger(holderID, "payer")
	if err != nil {
		return err
	}
	fmt.Printf("ledger: %s %s\n", payer.Asset, payer.Status)
	payee, err := s.issueLedger(holderID, "payee")
	if err != nil {
		return err
	}
	if err := s.credit(payer.Id); err != nil {
		return err
	}
	for _, value := range []string{"1", "1", "1000", "2"} {
		if err := s.transfer(payer.Id, payee.Id, value); err != nil {
			return err
		}
	}
	return s.readEntries(payer.Id)
}

func main() {
	client := &http.Client{Transport: withKey{os.Getenv("QUAESTOR_API_KEY")}}
	told := story{context.Background(), graphql.NewClient(os.Getenv("QUAESTOR_URL")+"/graphql", client)}
	if err := told.tell(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
