"""What goes to telescopes and to other people: lists, sheets, calendars and messages, written from a schedule, checked against the form that each must have, sent by nobody."""
