"""The demo: a company with people, and a month of its life, on a site made for it (`make site`).

site.py      the command: checks the site, makes company, people and month, says what there is
clock.py     the clock of this process, moved through the month
company.py   ERPNext's own demo company, what it trades with, and the event types it switches on
people.py    who works there, with their logins, leaves and goals
documents.py the ERP documents people make, each under their own login
answers.py   how people answer what they are asked, by the functions the desk calls
papers.py    the papers they hand in
month.py     what happens on which day
"""
