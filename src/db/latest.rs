//! A page of a table's rows, latest first: the road of every list whose rows are in the order of their keys.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select, Value,
};

use crate::kernel::{Page, PageAsk};

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
