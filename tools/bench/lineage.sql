WITH RECURSIVE thing(uri) AS (
    VALUES(?1)
    UNION
    SELECT input.subject FROM thing
    JOIN flow AS output ON output.subject = thing.uri AND output.place = 'output'
    JOIN flow AS input ON input.event = output.event AND input.place = 'input')
SELECT thing.uri, flow.role, flow.quantity, flow.uom, event.digest, event.type, event.time,
    event.biz_step, event.site, event.issuer, event.standing
FROM thing JOIN flow ON flow.subject = thing.uri JOIN event ON event.number = flow.event
