"""How English speakers ask for no more texts: words and phrases, in small letters."""

#: What `<name>` stands for in a phrase.
SETS = {
    "thing": r"""
(?:te?xts?|txts|msgs?|messages?|messaging|sms|mms|spam\w*
  |notifications?|alerts?|promos?|promotions?|promotional|marketing|ads|adverts?|advertis\w+
  |newsletters?|reminders?|communications?|offers|deals|coupons|solicitations?|contact
  |e ?mails?|subscriptions?|crap|shit|bullshit|stuff|nonsense)
""",
    "sending": r"""
(?:te?xt(?:ing|in)|texing|messaging|messagin|msging|smsing|sending|sendin|contacting|calling
  |spamming|bugging|bothering|harassing|annoying|emailing|notifying|soliciting|blowing up my
  |pestering|hounding|messing with me)
""",
    "send": r"""
(?:te?xt|message|msg|sms|contact|spam|bother|bug|disturb|harass|notify|solicit|email)
""",
    "gap": r"""
(?:(?:it|me|us|my|our|the|these|those|this|that|your|ur|all|any|of|from|with|to|and|or|be
  |sending|getting|receiving|receive|get|have|more|so|many|such|much|further|future|daily
  |automated|stupid|annoying|damn|fucking|unwanted|text|sms|phone|number|him|her|them|you
  |service|services|constantly|always|see|company|account|mobile|cell|please|anymore|ever
  |keep) )
""",
    "number": r"""
(?:name|number|numbers|num|phone|cell|mobile|contact|contacts|info\w*|details)
""",
    "not": r"""
(?:do not|dont|donot|dnt|don t|never|plz not|please not|pls not)
""",
    "end": r"""
(?= ,|$| please| pls| plz| thanks| thank| sorry| stop| remove| now| sir| maam)
""",
    "unsub": r"""
(?:u?n ?s[a-z]{0,3}[sc]{1,2}r?i?b\w*|unsubs?)
""",
}
#: Words that change nothing about the rest of a clause.
FILLERS = r"""
right away, right now, at once, s?he said, i said, the hell, as soon as possible, thank you,
pleas, please, pls, plz+, thanks, thank, thx, ty, now, ok, okay, k, hi, hello, hey, sir,
maam, madam, dude, bro, man, guys, just, immediately, asap, today, already, lol, omg, wtf,
ffs, damn, fucking, fuckin, kindly, and, but, so, yo, seriously, really, again, hereby, ugh,
yes, yeah, nope, sorry, i, u, you, im, would, like, want, wanna, to, can, could, will, must,
need, d, id, m, all, this, it, these, that, those, from, me, ur, the
"""
#: A clause that has nothing else asks for it.
WHOLE = r"""
stop, quit, end, revoke, optout, opt out, cancel, unsubscribe, unsub, stopall, cease, halt,
desist, cease desist, stop opt out, stop end, stop unsubscribe, block, mute, pause, stfu,
shut up, no interest, cut out, knock off, stop doing, stop texts, stop text, make stop,
reply stop, text stop, remove, removed, delete, discontinue, dnc, do not contact, do not
text, take off, get off, enough, thats enough, enough is enough, enough of, no more, not
more, no stop, nomore, no texts, no text, no sms, no msgs, spam, blocked, reported, go away,
get lost, fuck off, f off, piss off, bugger off, leave alone, not interested, wrong number,
no text messages, wrong person, turn off, opting out, stop contact, lose number
"""
#: The same for spellings that no list can hold.
SPELLINGS = r"""
[a-z]?[s5$][a-z]?[t7][a-z]?[o0][a-z]?p[a-z]?|s+t+o+p+
sotp|stpo|tsop|stp|syop|sto|stol|stoo|dtop|s top|st op|sto p|stopt|stoop|stap|spto
<unsub>
canc?el+|cancle|can cel
"""
#: Phrases that only look like it: taken out before anything else is looked at.
INNOCENT = r"""
(?:bus|train|tram|next|last|first|final|wrong|right|pit|rest|tour|truck|full|door|non|one
  |your|our|my|short|quick|whistle|metro|each|every|which|what|gas|that) stops?
stops? (?:by|at|in|over|off|for|near|on|loss|sign|light|watch|shop|working|taking|worrying
  |crying|laughing|smoking|drinking|eating|being)
(?:dont|do not|never|not|cant|cannot|couldnt|doesnt)(?: (?:you|u|ever
  |want to))? stop(?! (?:these|those|your|the|getting|receiving) ?<gap>*<thing>)
(?:did not|didnt|dont|do not|not|never)(?: (?:mean|want|wanna|intend|wish|try
  |meant))?(?: to)? (?:<unsub>|opt(?:ed)?(?: me)? out|cancel)
(?:<unsub>|opted out|sent stop|texted stop|replied stop|said stop
  |typed stop)(?: \w+){0,4} (?:mistake|accident|accidentally|error)
(?<!\byou )(?<!\bu )(?:wont|will not) stop
(?:rain|snow|noise|storm|pain|music|bleeding|traffic)(?: \w+)? (?:to|2) stop
stopped (?:getting|receiving|coming|working|sending)
(?:accidentally|mistakenly)(?: \w+)? (?:<unsub>|opted out|stop|stopped)
(?:why|how come)(?: \w+)? (?:i|we)(?: \w+)? (?:<unsub>|opted out|removed)
(?:the|at|in|by|until|till|month|week|year|day|dead|high|low|front|back|far) end
(?:to|from|on|gave|give|given|entered|typed|put|printed|used|sent|wrote|have my
  |got my)(?: (?:you|u|it|in|down|them|him|her))?(?: (?:the|a|my))? wrong <number>
no more (?:than|questions|then)
the fuck (?:you|u)|te?xt (?:and|n) drive
(?:cancel|remove|delete) that
(?<!\bstop )(?:to|will|ll|can i|could i|must|should i|may i|might|wanna) (?:cancel|quit
  |end)(?= ,|$)
(?:you|u|they|he|she) (?:never|dont|do not|didnt|did not) (?:<send>|send|call)
(?:if|unless|when|why|i|we)(?: (?:you|u|they))? (?:do not|dont|never) (?:you )?<send>
(?:cant|cannot|wont|will not|couldnt|didnt|did not) (?:get|receive|send)
"""
#: A text with one of these asks for it, whatever else it says.
PHRASES = r"""
# Ending what we do.
(?:stop|stopp|stoop|stopping|stopped|quit|cease|sotp|stpo|stp|halt) <gap>{0,4}(?:<sending>
  |<thing>)
(?:stop|quit) (?:getting|receiving) (?:these|this|them|any|those)
(?:cancel|end|pause|discontinue|terminate|disable|deactivate|mute|suspend) <gap>{0,4}<thing>
(?:turn|switch|shut) (?:off <gap>{0,3}<thing>|(?:these|them|those) off)
(?:told|asked|asking|tell|ask|want|need|begging|telling|(?:can|could|will|would|must|should
  |gotta) (?:you|u|ya|yall|this|these|they))(?: (?:you|u|ya|yall|them|this|it|these|to|all
  |already|please|i|guys|people|have|just|really|like))* stop(?: (?:this|it|these|that|now
  |please|already))*(?= ,|$)
# An order begins with it or comes to it at last; what else shall stop has an article.
(?:(?<=^)|(?<=, ))(?:please |pls |plz |just |ok |thanks |no |now |and |but |so |hey |hi )*sto
  p(?! (?:the|my|our|a|an|and|~|his|her)\b| ~)(?= \w)
(?<!\bthe)(?<!\ba)(?<!\bwill)(?<!\bit)(?<!\bthey)(?<!\bdo)(?<!\bi)(?<!\bor)(?<!\bcant)
  (?<!\bdoes) stop(?: please| pls| plz| thanks| now)*(?= ,|$)
(?:said|say|saying|replied|reply|replying|texted|text|sent|typed|wrote|responded|with
  |times) stop
stop (?:means stop|or i|or ill|or else|dont|do not)
<unsub>
opt(?:ed|ing)?(?: (?:me|us|my number|this number))? out|optout|opted? ?out
cease (?:and|n|&) desist
# Leaving a list.
(?:remove|removed|delete|erase|purge|exclude|unenroll?) (?:me|us|him|her)
(?:remove|removed|delete|erase|drop|purge|exclude) (?:my|this|our|the|his|her
  |these) (?:\w+ )?<number>
(?:take|get|pull|keep|kick|have|taken|scratch|cross|want|put) (?:me|us|him|her|(?:my|this|our
  |his|her) (?:\w+ (?:and )?)?<number>)(?: \w+)? (?:off|from)(?! (?:at|to|on))
(?:off|from)(?: of)? (?:your|this|ur|all|any)(?: \w+)? (?:lists?|database|records|system
  |contacts)<end>
off (?:of )?the (?:\w+ )?list<end>
remove from|(?:be|get) (?:removed|taken off|deleted)(?= ,|$| from)
(?:take|get|want) (?:me|us|out|(?:my|this|our) <number>) (?:out )?of (?:your|this|ur
  |the) (?:\w+ )?(?:list|system|database|records)
(?:lose|loose|forget) (?:my|this) <number>
(?:do not|dont|no) (?:call|contact|text)(?: \w+)? list|get off my phone|on dnc
# Forbidding it.
<not> (?:ever |even |again |keep |continue (?:to )?|you (?:ever |dare )|be )*(?:(?:call
  |write)(?:ing)? (?:or|and|nor|&) )?<send>(?:ing)?(?: (?:or|and|nor) \w+)?(?= ,|$| (?:me|us
  |this|my|here|him|her|again|anymore|any|at|please|to|these|with))
<not> (?:ever )?call(?:ing)?(?: (?:me|us|this number|my phone|here|or text))* (?:again
  |anymore|any more|ever|or text)
<not> (?:ever |keep )?send(?:ing)? (?:(?:me|us|him|her|out) )?(?:any|anything|anymore|again
  |these|those|this|more|no more|further|<gap>{0,2}<thing>)
not to (?:ever )?(?:<send>|send|call) (?:me|us|this|any|him|her)
# Not wanting it.
no more (?:<gap>){0,3}(?:<thing>|of (?:these|this|that|it))
no (?:more )?<thing> (?:please|pls|plz)
(?:these|your|ur|the) (?:\w+ )?<thing> (?:are|is)(?: \w+)? (?:annoying|unwanted|unwelcome
  |excessive|ridiculous|too much|harass\w+)
enough (?:of|with) <gap>{0,3}(?:<thing>|this|these|it)
(?:sick|tired|fed up)(?: and tired)? (?:of|with) <gap>{0,4}(?:<thing>|<sending>|these)
(?:dont|do not|no longer|never|not|didnt|did not|wont|doesnt
  |does not) (?:ever |really |even )?(?:want|wanna|wish|need|care|desire
  |wants) <gap>{0,5}(?:<thing>|contacted|texted|messaged|bothered|called
  |hear(?: \w+)? from (?:you|your|u|ur|yall|anyone)|(?:these|those|this|them|any)(?: anymore
  | any more| please| stop)?(?= ,|$))
(?:never|didnt|did not|havent|have not|not|dont|nor) (?:even |ever )?(?:sign(?:ed)? up|signup
  |subscribed?|consent(?:ed)?|opt(?:ed)? in|authori[sz]ed?|enroll?(?:ed)?|agreed?(?= to)
  |asked for (?:this|these|your))
(?:never|didnt|did not|dont|do not) g[ai]ve (?:\w+ )?(?:my )?(?:permission|consent|number
  |phone)|(?:nobody|no one|who) (?:here )?signed up
(?:dont|do not|no longer|never) (?:have|had) (?:my |our )?(?:permission|consent)
(?:revok|withdr[ae]w|rescind)\w*(?: \w+){0,3} (?:consent|permission|authori[sz]ation)
(?:not|no longer|isnt|never|aint)(?: at all| really)? interested(?= ,|$| anymore| any more
  | please| stop| take| thank| remove| in (?:this|your|these|any|receiving|getting))
# Anger.
leave (?:me|us|my \w+) (?:the \w+ )?(?:alone|be)|harass(?:ing|ment|ed|ing me)?
(?:fuck|piss|bugger|f|eff|sod|screw) (?:off|you|u)(?= ,|$)|go to hell
report(?:ing|ed)?(?: \w+){0,4} (?:spam|fcc|ftc|police|tcpa|harassment|authorities)
report(?:ing|ed)? (?:you|u|this number|your number)
(?:this|it|its|that) (?:is|s) (?:\w+ )?(?:spam|harassment|harassing)|tcpa|the f[ct]c
(?:block|blocking|blocked)(?: and \w+)? (?:you|u|this number|your number|ur number|ur ass)
(?:will|ill|gonna|going to|to) sue
# It reached somebody else.
wrong (?:<number>|person|guy|lady|recipient)<end>
not the (?:person|one|guy|lady)(?: that)? (?:you|u)
(?:this|it|that)(?: is| s)? ?(?:not|isnt|no longer) (?:\w+ )?(?:\w+s|her|his) <number>
(?:doesnt|does not|no longer|dont|do not) (?:have|has|use|uses|own|owns) this <number>
(?:not|no longer|never)(?: been)? (?:a|your) (?:customer|client|member)(?: anymore)?(?= ,|$)
"""
