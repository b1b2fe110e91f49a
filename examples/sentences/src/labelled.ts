/** What customers write, by what they want: 25 messages of each kind to learn from, 6 to try. */
const messages = {
  delivery: `My parcel has not arrived yet.|Where is my order?|The tracking number does not work.|It was supposed to come on Monday.|The courier left it with the wrong neighbour.
When will you ship my books?|I moved; can you send it to another address?|The package has been stuck in customs for a week.|Do you deliver on Saturdays?|How long does shipping to Norway take?
The driver never rang the bell.|Half of my shipment is missing.|Can I pick it up at a store instead?|The status says delivered, but there is nothing here.|Is express shipping possible before Friday?
The box was left out in the rain.|Please hold my parcel until I am back.|I have been waiting for two weeks now.|Which carrier do you use?|Someone else signed for my package.
Could you tell me when it leaves the warehouse?|My order is split into three parcels, why?|The estimated date keeps moving.|Do you ship to islands?|I never got a notification from the courier.
The van drove past my house without stopping.|Has my parcel been sent already?|It still says in transit.|Can it be dropped at the post office?|Two days late and no sign of the mailman.|Will it arrive before the holidays?`,
  refund: `I want my money back.|How do I return these shoes?|The amount was charged twice.|Please cancel my order and refund me.|When will I see the refund on my card?
The jacket is too small; I would like to send it back.|You billed me for something I did not buy.|Can I exchange it for a voucher?|I returned it a month ago and was not paid.|What is the deadline for returns?
Why was I charged a fee?|The price on the invoice is wrong.|I was promised a discount that is not on the bill.|Do I have to pay for the return label?|I would rather have a credit than a new one.
The refund is ten euros short.|My bank says you have not sent the money.|Please take the insurance off my bill.|I cancelled in time but still had to pay.|The lamp came broken and I want a reimbursement.
Can I get back the shipping costs too?|I paid with two cards; which one gets the refund?|There is a charge that I do not recognise.|Please stop the payment.|I do not need it any more and want to give it back.
Reimburse me for the damaged vase.|I would like to send this back for a full refund.|Why did you take the money two times?|The voucher was not subtracted from my invoice.|Return it and get paid back, how?|You owe me twenty dollars.`,
  account: `I forgot my password.|How do I change my email address?|The login page says my user does not exist.|Please delete my account.|I cannot sign in on my phone.
The code for two-factor login never comes.|Someone else is using my profile.|How can I change my user name?|My account has been locked.|I want to unsubscribe from the newsletter.
The verification link has expired.|Can I merge two accounts?|It logs me out every few minutes.|Where do I update my phone number?|The app does not remember who I am.
I got a mail about a login from Brazil that was not me.|Please remove my personal data.|How do I turn off notifications in my profile?|I can't reset my password with the link.|The captcha does not accept my answer.
Can my daughter have her own user under mine?|My profile picture does not upload.|I was signed up twice by mistake.|Which data do you store about me?|The settings page stays empty after I log in.
Help, I am locked out of my profile.|I need to reset my login details.|How do I close my account for good?|My new email is not confirmed.|It does not let me log in with my user name.|Somebody hacked my account.`,
  praise: `Thank you, that was quick!|Great service, I will be back.|I love the new design.|Your colleague was so kind on the phone.|Best shop I know.
The quality is wonderful.|Perfect, just what I was looking for.|My kids adore the puzzle.|You made my day.|Five stars from me.
I am impressed by how easy this was.|Keep up the good work.|The chocolate was delicious, thank you!|What a lovely gift wrapping.|I have recommended you to all my friends.
Everything works like a charm.|The colours are even nicer than in the picture.|Thanks for solving my problem so fast.|I really enjoyed the tour.|Such friendly people at the counter.
This is the softest blanket I ever had.|Brilliant idea, well done.|It exceeded my expectations.|So happy with my purchase.|Your support team is amazing.
Wonderful, thanks a lot to the whole team!|I am delighted with it.|Fantastic quality, I adore it.|You were so helpful, thank you.|A pleasure to shop with you.|The nicest store in town.`,
} as const;

export const kinds = Object.keys(messages);
const learned = 25;

function split(from: number, to: number) {
  const rows = Object.values(messages).flatMap((text, kind) =>
    text
      .split(/[|\n]/)
      .slice(from, to)
      .map((sentence) => ({ sentence, kind })),
  );
  return { sentences: rows.map(({ sentence }) => sentence), kinds: rows.map(({ kind }) => kind) };
}

/** 100 sentences with their kinds. */
export const training = split(0, learned);
/** 24 others. */
export const trial = split(learned, Number.POSITIVE_INFINITY);
