//! A page of a table's rows, latest first: the road of every list whose rows are in the order of their keys, or of a time.

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect,
    Select, Value, sea_query::ExprTrait,
};

use crate::kernel::{
    Page, PageAsk,
    page::{Moment, TimeKey},
};

/// The rows of a query that `ask` asks for, by `key`, a column that grows with each row: an id or a number.
pub async fn latest<E, K>(
    conn: &impl ConnectionTrait,
    query: Select<E>,
    key: E::Column,
    ask: &PageAsk<K>,
) -> Result<Page<E::Model>, DbErr>
where
    E: EntityTrait,
    K: Copy + Into<Value>,
{
    let query = query.limit(ask.fetch());
    let query = match (ask.backward, ask.from) {
        (false, Some(from)) => query.filter(key.lt(from)),
        (true, Some(from)) => query.filter(key.gt(from)),
        (_, None) => query,
    };
    let query = if ask.backward { query.order_by_asc(key) } else { query.order_by_desc(key) };
    Ok(Page::of(query.all(conn).await?, ask))
}

/// The rows of a query that `ask` asks for, by a time `at` and, of those of one time, by `id`.
pub async fn latest_in_time<E, K>(
    conn: &impl ConnectionTrait,
    query: Select<E>,
    (at, id): (E::Column, E::Column),
    ask: &PageAsk<TimeKey<K>>,
) -> Result<Page<E::Model>, DbErr>
where
    E: EntityTrait,
    K: Clone + Into<Value>,
{
    let order = order(ask);
    let query = query.filter(beyond((at, id), ask)).limit(ask.fetch());
    let query = query.order_by(at, order.clone()).order_by(id, order);
    Ok(Page::of(query.all(conn).await?, ask))
}

/// In which order the rows of a page are read.
pub fn order<K>(ask: &PageAsk<K>) -> Order {
    if ask.backward { Order::Asc } else { Order::Desc }
}

/// The rows on the far side of where a page begins, in the order of a time `at` and of `id`.
pub fn beyond<C: ColumnTrait, K: Clone + Into<Value>>(
    (at, id): (C, C),
    ask: &PageAsk<TimeKey<K>>,
) -> Condition {
    let beyond = Condition::all();
    match (ask.backward, ask.from.clone()) {
        (false, Some((Moment(when), last))) => beyond.add(at.lt(when).or(at.eq(when).and(id.lt(last)))),
        (true, Some((Moment(when), last))) => beyond.add(at.gt(when).or(at.eq(when).and(id.gt(last)))),
        (_, None) => beyond,
    }
}
