"""How speakers of Spanish, Portuguese, French, German and Italian ask for no more texts."""

#: What `<name>` stands for in a phrase.
SETS = {
    "matter": r"""
(?:mensaj|mensag|messag|texto|sms|publicidad|publicidade|propaganda|pubblicit|promo|spam
  |notific|pub|correo|alert)\w*
""",
}
FILLERS = r"""
por favor, porfavor, porfa, gracias, ya, hola, obrigad[oa], ola, faca o favor, svp, s il
vous plait, s il te plait, merci, bonjour, monsieur, madame, bitte, danke, jetzt, sofort,
endlich, hallo, mal, per favore, per piacere, grazie, ciao, subito, mi
"""
WHOLE = r"""
# Spanish and Portuguese
alto, basta, parar, pare, paren, parem, para, detener, baja, dar baja, de baja, no mas,
cancelar, cancelen, eliminar, suficiente, sair, chega, no interesa, no estoy interesado, no
estoy interesada, remover, descadastrar, nao tenho interesse, sem interesse, nao quero, nao
quero mais, no quiero, no quiero mas
# French
arret, arreter, arretez, arrete, desabonner, resilier, ca suffit, pas interesse, pas
interessee, je ne suis pas interesse, plus rien
# German
stopp, stoppen, aufhoren, aufhoeren, abmelden, abmeldung, abbestellen, austragen, kein
interesse, keine sms, keine nachrichten, keine werbung, kundigen, loschen, schluss, schluss
damit, es reicht, ich mochte abmelden
# Italian
fermati, fermatevi, smettila, smettetela, smettere, smettete, smetti, cancellazione, non
sono interessato, non sono interessata, non interessa, disattiva, disattivare, cancela,
cancela isso
"""
INNOCENT = r"""
vous (?:ne|n) \w+ \w+ plus
(?:voudrais|aimerais|un peu|encore) plus de
(?:bekomme|erhalte|kommen|habe) (?:ich )?keine
basta cosi
"""
PHRASES = r"""
# Spanish and Portuguese
(?:dej|deix|par|bast|ces)\w* (?:ya )?(?:de|con|com) (?:\w+ ){0,2}(?:envi|mand|escri|escrev
  |molest|contact|contat|llam|ligar|texte|acos|incomod|perturb|<matter>)\w*
(?:no|nao|nunca)(?: mais| mas)? (?:me |nos |le )?(?:mais |mas |vuelvan? a )?(?:envi(?:en?|es
  |em|ar|arme)|mand(?:en?|es|em|ar|arme)|escrib(?:an?|as|ir|irme)|escrev(?:am?|er)
  |contact(?:en?|es|ar|arme)|contat(?:em?|ar)|molest(?:en?|es|ar)|texte(?:en?|es|ar)
  |perturb(?:em?|ar)|incomod(?:em?|ar))
(?:no|nao|chega|nada)(?: quiero)?(?: mas| mais| de)(?: de)? (?:\w+ )?<matter>
(?:no|nao|nunca) (?:quier[oe]|quiera|queremos|dese[oj]o?|desejamos|quero|quisiera|acepto
  |aceito|autoric?[ez]\w*|autorizo|solicit\w+|pedi|necesito) (?:\w+ ){0,4}?(?:recib|receb
  |contact|contat|suscri|<matter>)\w*
(?:dar\w*|da|dame|deme|denme|den|des|de) de baja|darme baja
cancel\w* (?:\w+ ){0,2}?(?:suscri|inscri|assinatura|cadastro|envio|receb|<matter>)\w*
(?:quit|saqu|sac|borr|elimin|remuev|remov|retir|tir|exclu|apag)\w* (?:\w+ ){0,2}?(?:mi|mis
  |meu|minha|este|esse|ese) (?:\w+ )?(?:numero|nombre|nome|telefono|telefone|contacto|contato
  |datos|dados|cadastro|celular)
(?:quite|quita|saque|saca|borre|elimine|elimina|remueva|retire)n?me|desuscri\w*|descadastr\w*
me (?:tir|remov|retir|exclu|quit|saqu|borr|elimin)\w* (?:de|da|do|dos|das|dessa|desta)
sair d[aeo]s? (?:\w+ )?(?:lista|grupo|cadastro)|no es (?:el|su|mi) (?:numero|telefono)
numero (?:equivocado|errado|incorrecto)|equivoc\w+ de (?:numero|persona)|errou (?:o
  |de) numero|equivocado de numero
(?:dej[ea]n?me|(?:me )?deix[ea]m?(?: me)?) (?:\w+ )?(?:en|em) paz|dej[ea]n?me tranquil\w+
(?:no|nao) (?:me interesa|tengo interes|tenho interesse|estoy interesad[oa])
revoc?[qo]\w* (?:\w+ )?(?:mi|meu|mio|mon|le)?(?: mio)? ?(?:consent|consens)\w*
# French
(?:arret|cess)\w* (?:\w+ ){0,3}?(?:envo[iy]|contact|ecri|harcel|derang|sollicit|appel
  |<matter>)\w*
ne (?:m |me |nous )?(?:envo[iy]|contact|ecri|derang|sollicit|harcel|appel)\w* (?:plus|pas)
ne (?:plus|pas)(?: jamais)? (?:m |me |nous |etre |rien )*(?:envo[iy]|contact|ecri|derang
  |sollicit|harcel|appel|recev|text)\w*
(?:veux|souhaite|desire|voulons|souhaitons) (?:plus|pas) (?:\w+ ){0,3}?(?:recev|contact
  |sollicit|<matter>)\w*
plus (?:de|aucun|d) (?:<matter>)|stop (?:(?:aux?|a) )?(?:(?:vos|ces|les|votre) )?<matter>
desabonn\w*|desinscri\w*
(?:retir|supprim|enlev|effac|ray|sort)\w* (?:moi|nous|(?:mon|ce|mes|notre) (?:\w+ )?(?:numero
  |nom|contact|coordonnees|telephone)|de (?:votre|vos|la|cette) listes?)
(?:laisse|fiche|foute|fous)\w* (?:moi|nous) (?:tranquilles?|(?:la|en) paix)
(?:mauvais|faux) numero|erreur de (?:numero|personne)|tromp\w+ de (?:numero|personne)
# German
keine?n? (?:\w+ ){0,2}?(?:sms|nachrichte?n?|werbung|mails?|mitteilungen|newsletter|spam
  |textnachrichten)(?: von \w+)? (?:mehr|schicken|senden)
keine? weitere[nr]? (?:sms|nachricht\w*|werbung|mails?|mitteilungen)
(?:nicht mehr|nie mehr|nie wieder) (?:\w+ ){0,2}?(?:schreib|schick|send|kontakt|anschreib
  |anruf|belastig|stor|schreiben)\w*
(?:will|mochte|wunsche) (?:das|dies|es|davon) (?:\w+ )?(?:nicht|nichts) mehr
(?:schreib|schick|send|kontaktier|stor|belastig)\w* (?:\w+ ){0,3}?(?:nicht mehr|nie wieder
  |nie mehr|nichts mehr)
hoe?r(?:en|t|e)?(?: sie| bitte| endlich| jetzt| mal| damit)* auf
(?:mich|uns|liste|verteiler|newsletter|sms)(?: \w+){0,3} (?:abmelden|abzumelden|austragen
  |abbestellen|streichen)
(?:meld|trag)\w* (?:sie )?(?:mich|uns) (?:\w+ ){0,3}?(?:ab|aus)
(?:losch|entfern|streich|nehm|nimm)\w* (?:sie )?(?:bitte )?(?:mich|uns|(?:meine|diese
  |unsere) (?:\w*nummer|daten))
\w*nummer (?:\w+ ){0,2}?(?:losch|entfern|streich)\w*
aus (?:\w+ ){0,2}?(?:verteiler|liste|kartei|datenbank)
lass(?:en|t)? (?:sie )?(?:mich|uns) (?:\w+ )?in (?:ruhe|frieden)
(?:widerruf|widersprech|widerspruch)\w*(?: \w+){0,4}? (?:einwilligung|werbung|zustimmung
  |nutzung|verarbeitung)
falsche (?:\w*nummer|person)|kein interesse
# Italian
(?:basta|niente)(?: piu| con)? (?:\w+ )?<matter>
smett\w+ (?:\w+ ){0,2}?(?:scriv|mand|invi|contatt|disturb|chiam|messag|sms)\w*
non (?:mi |ci )?(?:mand|invi|scriv|contatt|disturb)\w*(?: \w+)? piu
non (?:mand|invi|scriv|contatt|disturb)\w*(?:mi|ci)
non (?:voglio|desidero|vogliamo|vorrei|intendo)(?: piu)? (?:\w+ ){0,2}?(?:ricev|contatt
  |<matter>)\w*
(?:cancell|rimuov|togli|elimin|lev)\w* (?:\w+ )?(?:il mio|questo|i miei|mio|dalla|dalle|dal
  |dall) ?(?:\w+ )?(?:numero|nome|contatto|dati|telefono|lista|liste|elenco|database)
(?:cancella|rimuove|rimuovi|togli|toglie|elimina)(?:te)?(?:mi|ci)
disiscri\w*|annull\w* (?:l )?iscrizione
lasci\w*(?:mi|ci) (?:in pace|stare)|mi lasci in pace
numero sbagliato|sbagliato (?:numero|persona)|non (?:sono interessat[oa]|mi interessa)
"""
